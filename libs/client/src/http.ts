import { problemSchema } from "@fairlead/contracts";
import { ClientError, ProblemResponse, unreachable } from "./errors.ts";

export interface HttpOptions {
  /** "http://127.0.0.1:7000" */
  readonly url: string;
  /** Bearer token; none is needed on loopback unless tokens are configured. */
  readonly token?: string | undefined;
  /** From the request to the head of the answer, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
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

/** A problem is short: "" for anything longer, and for what is cut off. */
async function readShort(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > 64 * 1024) return "";
    }
  } catch {
    return "";
  }
  return text + decoder.decode();
}

async function readProblem(response: Response, target: URL): Promise<ProblemResponse> {
  const problem = parseProblem(await readShort(response));
  const { status, statusText } = response;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return problemResponse(
    `Cannot get ${target.pathname} of ${target.origin}`,
    { title: statusText || "error", ...problem, status },
    Number.isFinite(seconds) ? seconds * 1_000 : undefined,
  );
}

/** @param cannot what could not be done: the beginning of the message */
export function problemResponse(
  cannot: string,
  {
    status,
    code = `HTTP_${status}`,
    type = "about:blank",
    title,
    detail = title,
    errors = [],
  }: AnyProblem & { status: number },
  retryAfterMs?: number,
): ProblemResponse {
  const advice = status === 401 ? "\nGive a token with --token-file FILE, or in FAIRLEAD_TOKEN" : "";
  return new ProblemResponse(code, `${cannot}: ${detail} (HTTP ${status})${advice}`, {
    status,
    type,
    errors,
    retryAfterMs,
  });
}

const anyProblem = problemSchema.partial();

type AnyProblem = ReturnType<typeof anyProblem.parse>;

/** Something between may answer too, with less than we say or with HTML. */
export function parseProblem(body: string): AnyProblem {
  try {
    return anyProblem.safeParse(JSON.parse(body)).data ?? {};
  } catch {
    return {};
  }
}
