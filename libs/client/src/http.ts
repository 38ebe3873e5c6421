import { problemSchema } from "@fairlead/contracts";
import { errorCode } from "@fairlead/core";
import { ClientError, ProblemResponse, unreachable } from "./errors.ts";

export interface HttpOptions {
  /** "http://127.0.0.1:7000" */
  readonly url: string;
  /** Bearer token; none is needed on loopback unless tokens are configured. */
  readonly token?: string | undefined;
  /** From the request to the head of the answer, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** An answer that is read whole is refused above this. Default 16 MiB. */
  readonly maxResponseBytes?: number;
  readonly fetch?: typeof fetch;
}

export interface RequestOptions {
  readonly method?: string;
  readonly query?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Statuses outside 2xx that are answers and not errors: 503 of /readyz. */
  readonly accept?: readonly number[];
}

const defaultTimeoutMs = 10_000;
const defaultMaxResponseBytes = 16 * 2 ** 20;

/**
 * Sends a request and gives the answer when its head has come and says success; the body is the caller's.
 * @throws {ClientError} UNREACHABLE, TIMED_OUT
 * @throws {ProblemResponse} with the problem's own code when the answer is an error
 */
export async function request(
  http: HttpOptions,
  path: string,
  options: RequestOptions = {},
): Promise<Response> {
  const timeoutMs = http.timeoutMs ?? defaultTimeoutMs;
  const target = new URL(path, http.url);
  if (options.query) target.search = options.query.toString();
  const headers: Record<string, string> = { accept: "application/json", ...options.headers };
  if (http.token !== undefined) headers["authorization"] = `Bearer ${http.token}`;
  if (options.body !== undefined) headers["content-type"] = "application/json";
  // Covers the head only: a body may stream for days.
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  try {
    const response = await (http.fetch ?? fetch)(target, {
      method: options.method ?? "GET",
      headers,
      redirect: "error",
      signal: options.signal ? AbortSignal.any([options.signal, timeout.signal]) : timeout.signal,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    if (!response.ok && !options.accept?.includes(response.status)) throw await readProblem(response, target);
    return response;
  } catch (error) {
    if (error instanceof ProblemResponse) throw error;
    options.signal?.throwIfAborted();
    if (timeout.signal.aborted) {
      throw new ClientError("TIMED_OUT", `Cannot get ${target}: no answer within ${timeoutMs} ms`, {
        retryable: true,
        cause: error,
      });
    }
    throw unreachable(target.origin, error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The JSON of an answer.
 * @throws {ClientError} NOT_FAIRLEAD when it is not JSON; RESPONSE_TOO_LARGE; UNREACHABLE; TIMED_OUT
 * @throws {ProblemResponse}
 */
export async function requestJson(
  http: HttpOptions,
  path: string,
  options?: RequestOptions,
): Promise<unknown> {
  const response = await request(http, path, options);
  const text = await readText(response, http.maxResponseBytes ?? defaultMaxResponseBytes, http);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ClientError(
      "NOT_FAIRLEAD",
      `Cannot read the answer of ${response.url}: it is not JSON; is something else listening there?`,
      { cause },
    );
  }
}

async function readText(response: Response, maxBytes: number, http: HttpOptions): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) {
        throw new ClientError(
          "RESPONSE_TOO_LARGE",
          `Cannot read the answer of ${response.url}: it is longer than ${maxBytes} bytes`,
        );
      }
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    throw error instanceof ClientError || errorCode(error) === "ABORT_ERR"
      ? error
      : unreachable(http.url, error);
  }
  return text + decoder.decode();
}

async function readProblem(response: Response, target: URL): Promise<ProblemResponse> {
  const body = await readText(response, 64 * 1024, { url: target.origin }).catch(() => "");
  const { type, title, detail, code, errors = [] } = parseProblem(body);
  const { status } = response;
  const words = detail ?? title ?? (response.statusText || "error");
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new ProblemResponse(
    code ?? `HTTP_${status}`,
    [
      `Cannot get ${target.pathname} of ${target.origin}: ${words} (HTTP ${status})`,
      ...(status === 401 ? ["Give a token with --token-file FILE, or in FAIRLEAD_TOKEN"] : []),
    ].join("\n"),
    {
      status,
      type: type ?? "about:blank",
      errors,
      ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1_000 } : {}),
    },
  );
}

const anyProblem = problemSchema.partial();

/** Something between may answer too, with less than we say or with HTML. */
function parseProblem(body: string): ReturnType<typeof anyProblem.parse> {
  try {
    return anyProblem.safeParse(JSON.parse(body)).data ?? {};
  } catch {
    return {};
  }
}
