import { problemSchema } from "@fairlead/contracts";
import { ClientError, ProblemResponse, unreachable } from "./errors.ts";

export interface HttpOptions {
  /** "http://127.0.0.1:7000" */
  readonly url: string;
  /** The bearer token. No token is needed on loopback unless tokens are configured. */
  readonly token?: string | undefined;
  /** The time from the request to the head of the answer, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

export interface RequestOptions {
  readonly method?: string;
  readonly query?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, which is sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Statuses outside of 2xx that are no errors, like 503 of /readyz. */
  readonly accept?: readonly number[];
}

const defaultTimeoutMs = 10_000;

/**
 * Sends a request and resolves when the head of a successful answer has come. The caller reads the body.
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
  // The time limit covers the head only, because a body may stream for days.
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
      throw new ClientError(
        "TIMED_OUT",
        `Cannot get ${target.pathname} of ${target.origin}: no answer within ${timeoutMs} ms`,
        {
          retryable: true,
          cause: error,
        },
      );
    }
    throw unreachable(target.origin, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a short body. The result is "" for a longer body and for one that is cut off: a problem is short. */
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

/** @param cannot the beginning of the message: what could not be done */
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

/** The parts of a problem that a body has. A proxy between may answer with fewer parts, or with HTML. */
export function parseProblem(body: string): AnyProblem {
  try {
    return anyProblem.safeParse(JSON.parse(body)).data ?? {};
  } catch {
    return {};
  }
}
