import type { ServerResponse } from "node:http";
import type { Bus, TailOptions } from "@fairlead/bus";
import { ProblemError, type RouteRequest, type Router } from "@fairlead/chassis";
import { parseOffset, toServerSentEvent } from "@fairlead/contracts";
import { FairleadError, type Logger, type Meter, routingKey, toError } from "@fairlead/core";
import { z } from "zod";

export interface EventStreamOptions {
  readonly bus: Bus;
  readonly logger: Logger;
  readonly meter: Meter;
  /** Streams at once. */
  readonly maxStreams: number;
  /** Between two heartbeats, in milliseconds. Default 15,000. */
  readonly heartbeatMs?: number;
}

/** Words, `*` and `#`; few enough that matching stays cheap whatever a client asks for. */
const topic = z
  .string()
  .max(200)
  .regex(/^([\w*-]+|#)(\.([\w*-]+|#)){0,9}$/)
  .transform(routingKey);

/** One sentence for all that may be wrong: of a union nobody hears what its parts say. */
const topicsError =
  'must be at most 20 patterns, each of at most 10 words and 200 characters with dots between them, like "tcp.*" or "#"';

const querySchema = z.strictObject({
  type: z
    .union([z.array(topic).max(20), topic.transform((one) => [one])], { error: topicsError })
    .optional()
    .describe(
      "Topic pattern over the routing key (`*` one word, `#` any number); repeat it for more. Default: all.",
    ),
  after: z
    .string()
    .refine((text) => text === "end" || parseOffset(text) !== undefined, 'must be an offset from 0, or "end"')
    .default("end")
    .describe(
      "Begin after this offset; 0: with the oldest event that is kept; end: with what comes from now on.",
    ),
  follow: z
    .enum(["true", "false"])
    .default("true")
    .describe("false: end after the event that is the last one now."),
});

type Query = z.output<typeof querySchema>;

/** `GET /events`: the log as server-sent events (WHATWG HTML, 9.2), from any offset, live, with resume. */
export function addEventStream(router: Router, options: EventStreamOptions): void {
  const { maxStreams } = options;
  let open = 0;
  const openGauge = options.meter.gauge({ name: "fairlead_http_event_streams", help: "Open event streams." });
  router.add({
    method: "GET",
    path: "/events",
    summary: "Stream the events of the log",
    description:
      "Each message has the offset as its `id` and the event in the CloudEvents JSON format as its `data`. `Last-Event-ID` " +
      "goes before `after`. A stream from the end begins with a message of an `id` alone, so that a client that is cut off " +
      "before its first event resumes without a gap (where the engine knows its last offset; RabbitMQ does not tell). " +
      "A client that reads slowly is served from the log and falls behind; it loses nothing. " +
      "A comment comes every 15 s. An error in the middle is a message of the event type `problem`, then the end.",
    scope: "events:read",
    query: querySchema,
    responses: {
      200: { description: "The stream", contentType: "text/event-stream" },
      503: { description: "As many streams are open as may be", contentType: "application/problem+json" },
    },
    async handle(request) {
      const tail = tailOptions(request, options.bus);
      if (request.request.method === "HEAD") return { status: 200, headers: streamHeaders };
      if (open >= maxStreams) {
        throw new ProblemError(
          503,
          "TOO_MANY_STREAMS",
          `Cannot open another event stream: ${open} are open, the limit is ${maxStreams}`,
          { headers: { "retry-after": "5" } },
        );
      }
      openGauge.set(++open);
      try {
        await stream(request, tail, options);
      } finally {
        openGauge.set(--open);
      }
      return undefined;
    },
  });
}

const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  // For proxies that would hold the stream back.
  "x-accel-buffering": "no",
};

type StreamRequest = RouteRequest<unknown, Query, unknown>;

function tailOptions({ query, request, signal, draining }: StreamRequest, bus: Bus): TailOptions {
  const resume = request.get("last-event-id") || undefined;
  const after = parseOffset(resume ?? query.after);
  if (resume !== undefined && after === undefined) {
    throw new ProblemError(
      400,
      "INPUT_INVALID",
      `Cannot resume after ${JSON.stringify(resume)}: it is no offset`,
    );
  }
  return {
    // The end as an offset, so that the client can be told where it stands before anything has come.
    after: after ?? bus.health().lastOffset ?? "end",
    ...(query.type === undefined ? {} : { types: query.type }),
    follow: query.follow === "true",
    signal: AbortSignal.any([signal, draining]),
  };
}

async function stream(request: StreamRequest, tail: TailOptions, options: EventStreamOptions): Promise<void> {
  const { response, signal, draining, requestId, traceId } = request;
  response.writeHead(200, streamHeaders);
  // The comment tells the client that it is heard, before the first event.
  response.write("retry: 2000\n: fairlead\n\n");
  // Only the place: a message without data is no event to a browser either, but it resumes behind it.
  if (typeof tail.after === "number") response.write(`id: ${tail.after}\n\n`);
  const heartbeat = setInterval(() => {
    // A client that does not read gets none, and so meets the server's idle limit.
    if (!response.writableNeedDrain) response.write(":\n\n");
  }, options.heartbeatMs ?? 15_000);
  try {
    for await (const { offset, event } of options.bus.tail(tail)) {
      if (tail.signal?.aborted) break;
      if (!response.write(toServerSentEvent(offset, event))) await roomOrGone(response, signal);
    }
    if (draining.aborted) response.write(": draining\n\n");
  } catch (error) {
    if (!signal.aborted && !draining.aborted) {
      options.logger.warn({ err: toError(error), requestId, traceId }, "event stream ended by an error");
      const code = error instanceof FairleadError ? error.code : "INTERNAL_ERROR";
      const detail = error instanceof FairleadError ? error.message : "Cannot go on: an internal error";
      response.write(`event: problem\ndata: ${JSON.stringify({ code, detail })}\n\n`);
    }
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}

/** One event is in memory for a client that does not read; the next is asked for only when it has been taken. */
function roomOrGone(response: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      gone.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    gone.addEventListener("abort", done, { once: true });
    if (gone.aborted) done();
  });
}
