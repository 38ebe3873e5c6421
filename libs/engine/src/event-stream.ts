import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Bus, TailOptions } from "@fairlead/bus";
import { ProblemError, type RouteRequest, type Router, toProblem } from "@fairlead/chassis";
import { type EventGap, parseOffset, topicPattern, toServerSentEvent } from "@fairlead/contracts";
import { routingKey } from "@fairlead/contracts/names";
import { type Logger, type Meter, toError } from "@fairlead/core";
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

const scope = "events:read";

/** Time between two checks of the token of an open stream, in milliseconds. The tokens file is read again as often. */
const accessCheckMs = 500;

const topic = z.string().regex(topicPattern).transform(routingKey);

/** One sentence for every fault: zod does not report the messages of the members of a union. */
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
      "A comment comes every 15 s. Where retention has deleted events behind the offset that was asked for, a message of the " +
      "event type `gap` says which, `{first, last, detail}`, before what is still kept. An error in the middle is a message " +
      "of the event type `problem`, with problem details (RFC 9457) as its data, then the end; so is a token that was taken " +
      "back or has expired (401), within a second.",
    scope,
    query: querySchema,
    responses: {
      200: { description: "The stream", contentType: "text/event-stream" },
      400: {
        description:
          "Also OFFSET_BEYOND_END: the log ends before the offset, which is then of another log (not on RabbitMQ, where only " +
          "an event has an offset)",
      },
      503: { description: "As many streams are open as may be" },
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
  // Proxies would hold the stream back without this header.
  "x-accel-buffering": "no",
};

type StreamRequest = RouteRequest<unknown, Query, unknown>;

function tailOptions({ query, request }: StreamRequest, bus: Bus): TailOptions {
  const resume = request.get("last-event-id") || undefined;
  const after = parseOffset(resume ?? query.after);
  if (resume !== undefined && after === undefined) {
    throw new ProblemError(
      400,
      "INPUT_INVALID",
      `Cannot resume after ${JSON.stringify(resume)}: it is no offset`,
    );
  }
  const { lastOffset } = bus.health();
  if (after !== undefined && lastOffset !== undefined && after > lastOffset) {
    const detail = `is beyond the end of the log, which is ${lastOffset}: it must be an offset of this log`;
    throw new ProblemError(400, "OFFSET_BEYOND_END", `Cannot begin after ${after}: it ${detail}`, {
      errors: resume === undefined ? [{ parameter: "after", detail }] : [],
    });
  }
  return {
    // The end of the log as an offset: the client learns its place before the first event.
    after: after ?? lastOffset ?? "end",
    ...(query.type === undefined ? {} : { types: query.type }),
    follow: query.follow === "true",
  };
}

/** A message of type `gap` for events that were asked for and are not kept any more; "" when none is missing. */
function gapMessage({ query, request }: StreamRequest, { after }: TailOptions, bus: Bus): string {
  const { firstOffset } = bus.health();
  if (after === "end" || firstOffset === undefined || firstOffset <= after + 1) return "";
  // `after=0` asks for the oldest event that is kept, so nothing is missing. A client that resumes at 0 has missed events.
  if (query.after === "0" && !request.get("last-event-id")) return "";
  const [first, last] = [after + 1, firstOffset - 1];
  const detail = `Cannot give the events ${first} to ${last}: they are not kept any more`;
  return `event: gap\ndata: ${JSON.stringify({ first, last, detail } satisfies EventGap)}\n\n`;
}

async function stream(request: StreamRequest, tail: TailOptions, options: EventStreamOptions): Promise<void> {
  const { response, signal, draining, requestId, traceId } = request;
  response.writeHead(200, streamHeaders);
  // The comment tells the client before the first event that the stream is open.
  response.write("retry: 2000\n: fairlead\n\n");
  // The message has an id alone. A browser takes a message without data for no event, and resumes behind its id.
  if (typeof tail.after === "number")
    response.write(`id: ${tail.after}\n\n${gapMessage(request, tail, options.bus)}`);
  const refused = new AbortController();
  const access = setInterval(
    () => void request.authorize(scope).catch((error) => refused.abort(error)),
    accessCheckMs,
  );
  const ended = AbortSignal.any([signal, draining, refused.signal]);
  const heartbeat = setInterval(() => {
    // A client that does not read gets no heartbeat, so the server's idle limit closes its connection.
    if (!response.writableNeedDrain) response.write(":\n\n");
  }, options.heartbeatMs ?? 15_000);
  try {
    for await (const { offset, event } of options.bus.tail({ ...tail, signal: ended })) {
      if (ended.aborted) break;
      if (!response.write(toServerSentEvent(offset, event))) await roomOrEnd(response, ended);
    }
    refused.signal.throwIfAborted();
    if (draining.aborted) response.write(": draining\n\n");
  } catch (error) {
    if (!signal.aborted && !draining.aborted) {
      options.logger.warn({ err: toError(error), requestId, traceId }, "event stream ended by an error");
      response.write(`event: problem\ndata: ${JSON.stringify(toProblem(error).toBody(requestId))}\n\n`);
    }
  } finally {
    clearInterval(heartbeat);
    clearInterval(access);
    response.end();
  }
}

/** Holds one event in memory for each client: the next event is read when the client has taken the last. */
async function roomOrEnd(response: ServerResponse, ended: AbortSignal): Promise<void> {
  await once(response, "drain", { signal: ended }).catch(() => {});
}
