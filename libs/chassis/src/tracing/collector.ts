import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { backoffMs, type Clock, FairleadError, toError } from "@fairlead/core";
import { convertLegacyHttpOptions } from "@opentelemetry/otlp-exporter-base/node-http";

/** The longest answer of a collector. Usual answers are a few bytes. */
const maxAnswerBytes = 64 << 10;
/** The statuses after which a request may be sent again (OTLP 1.x, OTLP/HTTP Response). */
const retryableStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The collector to which spans are sent. */
export interface Collector extends Disposable {
  readonly url: string;
  /**
   * Sends one request, and repeats the request while a repeat may help, within the time of OTEL_EXPORTER_OTLP_TIMEOUT.
   * @param limit cuts it off
   * @param closing from now on there is one attempt and no waiting
   * @returns the body of the answer
   * @throws {FairleadError} TRACES_REFUSED, TRACES_UNSENT
   */
  send(body: Uint8Array, limit: AbortSignal, closing: AbortSignal): Promise<Buffer>;
}

/**
 * The collector that the environment names: address, headers, time limit, compression and certificates as the SDK reads them. The
 * SDK's own exporter is not used, because its requests and waits cannot be cut off: a collector that is away would delay the end
 * of the process by ten seconds, an unreachable one by two minutes.
 */
export function createCollector(clock: Clock, userAgent: string): Collector {
  const settings = convertLegacyHttpOptions({}, "TRACES", "v1/traces", {
    "content-type": "application/x-protobuf",
  });
  const { url, timeoutMillis, compression } = settings;
  const isTls = new URL(url).protocol === "https:";
  let agent: http.Agent | undefined;

  async function post(body: Uint8Array, signal: AbortSignal): Promise<Buffer> {
    agent ??= await settings.agentFactory(isTls ? "https:" : "http:");
    const headers = {
      ...(await settings.headers()),
      ...(compression === "gzip" ? { "content-encoding": "gzip" } : {}),
      "content-length": String(body.length),
      "user-agent": userAgent,
    };
    const request = (isTls ? https : http).request(url, { method: "POST", agent, headers, signal });
    // After the answer nobody else listens for errors.
    request.on("error", () => {});
    request.end(body);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    const answer = await readAnswer(response);
    const { statusCode = 0, headers: told } = response;
    if (statusCode >= 200 && statusCode < 300) return answer;
    const retryAfter = told["retry-after"];
    throw new FairleadError("TRACES_REFUSED", `Cannot send traces: the collector answers ${statusCode}`, {
      retryable: retryableStatuses.has(statusCode),
      data: { status: statusCode, ...(retryAfter === undefined ? {} : { retryAfter }) },
    });
  }

  return {
    url,
    async send(body, limit, closing) {
      const deadlineMs = clock.monotonicMs() + timeoutMillis;
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMillis), limit]);
      const content = compression === "gzip" ? await promisify(gzip)(body) : body;
      for (let attempt = 1; ; attempt++) {
        try {
          return await post(content, signal);
        } catch (error) {
          const failure = toFailure(error, timeoutMillis);
          const waitMs =
            retryAfterMs(failure) ?? backoffMs(attempt, { minDelayMs: 1_000, maxDelayMs: 5_000 });
          const isLate = signal.aborted || clock.monotonicMs() + waitMs > deadlineMs;
          if (!failure.retryable || isLate || !(await mayGoOn(clock, waitMs, closing))) throw failure;
        }
      }
    },
    [Symbol.dispose]: () => agent?.destroy(),
  };
}

async function readAnswer(response: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) {
      throw new FairleadError(
        "TRACES_REFUSED",
        `Cannot send traces: the answer exceeds ${maxAnswerBytes} bytes, it is no collector's`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toFailure(error: unknown, timeoutMs: number): FairleadError {
  if (error instanceof FairleadError) return error;
  const { name, message } = toError(error);
  const why = name === "AbortError" ? `no answer within ${timeoutMs} ms, or before the end` : message;
  return new FairleadError("TRACES_UNSENT", `Cannot send traces: ${why}`, { retryable: true, cause: error });
}

/** The seconds of `Retry-After` in milliseconds. The form with a date is passed over: no collector writes that form. */
function retryAfterMs({ data }: FairleadError): number | undefined {
  const text = data["retryAfter"];
  return typeof text === "string" && /^\d{1,4}$/.test(text) ? Number(text) * 1_000 : undefined;
}

async function mayGoOn(clock: Clock, waitMs: number, closing: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(waitMs, closing);
    return true;
  } catch {
    return false;
  }
}
