import {
  type CloudEvent,
  type EventGap,
  eventGapSchema,
  fromStructuredJson,
  parseOffset,
} from "@fairlead/contracts";
import { backoffMs, type Clock, FairleadError, systemClock } from "@fairlead/core";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { ClientError, ProblemResponse } from "./errors.ts";
import { type HttpOptions, parseProblem, problemResponse, request } from "./http.ts";

/** An event with its place in the log. */
export interface TailedEvent {
  readonly offset: number;
  readonly event: CloudEvent;
}

export interface TailEventsOptions {
  /** The offset after which the tail begins: 0 for all events that are kept, "end" for events from now on. Default "end". */
  readonly after?: number | "end";
  /** Topic patterns over the routing key: "tcp.*". Default: all. */
  readonly types?: readonly string[];
  /** True: the tail goes on with live events. False: the tail ends at the event that is the last one now. Default true. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  /** The most reconnects in a row without a single event or heartbeat. The first connect is never repeated. Default 100. */
  readonly maxAttempts?: number;
  /** The connection is made again after so many milliseconds without a byte (the heartbeat comes every 15 s). Default 45,000. */
  readonly silenceMs?: number;
  /** The most characters of one event as text. A longer event ends the tail with EVENT_TOO_LARGE. Default 64 Mi. */
  readonly maxEventChars?: number;
  /**
   * Called for events that are not kept any more and stand behind the place where a connection begins. These events will not come.
   */
  readonly onGap?: (gap: EventGap) => void;
  /** Called before each wait for a reconnect. */
  readonly onReconnect?: (error: unknown, delayMs: number) => void;
  readonly clock?: Clock;
}

/**
 * Events over `GET /v1/events` (server-sent events, WHATWG HTML 9.2), in the order of the log. A broken connection is made again
 * with `Last-Event-ID`, without a repeat or a gap. This holds for "end" too, where the engine knows its last offset and sends that
 * offset first. RabbitMQ does not know its last offset: events between a cut before the first event and the new connection are
 * then missed. At most one chunk of the stream is held.
 * @throws {ClientError} UNREACHABLE, TIMED_OUT at the first connect or when the attempts are used up; EVENT_TOO_LARGE;
 *   NOT_FAIRLEAD
 * @throws {ProblemResponse} when the request is refused, or its token is taken back or expires meanwhile (401)
 */
export async function* tailEvents(
  http: HttpOptions,
  options: TailEventsOptions = {},
): AsyncGenerator<TailedEvent, void, undefined> {
  const { follow = true, maxAttempts = 100, clock = systemClock, signal } = options;
  const place: Place = { lastId: undefined, hasConnected: false, hasMoved: false };
  for (let attempt = 0; ; ) {
    let error: unknown;
    try {
      yield* readOnce(http, options, place);
      if (!follow) return;
      error = broken("Fairlead ended the stream");
    } catch (thrown) {
      if (signal?.aborted) return;
      error = thrown;
    }
    if (place.hasMoved) attempt = 0;
    place.hasMoved = false;
    if (
      !place.hasConnected ||
      !(error instanceof FairleadError && error.retryable) ||
      ++attempt > maxAttempts
    )
      throw error;
    const asked = error instanceof ProblemResponse ? (error.retryAfterMs ?? 0) : 0;
    const delayMs = Math.max(backoffMs(attempt, { maxDelayMs: 5_000 }), Math.min(asked, 30_000));
    options.onReconnect?.(error, delayMs);
    try {
      await clock.sleep(delayMs, signal);
    } catch {
      return;
    }
  }
}

/** The place of the reading. */
interface Place {
  /** The last `id:` that was received. Undefined before the first. */
  lastId: number | undefined;
  /** True once any connection was made. */
  hasConnected: boolean;
  /** True when the current connection has brought anything. */
  hasMoved: boolean;
}

async function* readOnce(
  http: HttpOptions,
  options: TailEventsOptions,
  place: Place,
): AsyncGenerator<TailedEvent, void, undefined> {
  const { after = "end", types = [], follow = true, silenceMs = 45_000, clock = systemClock } = options;
  const stop = new AbortController();
  const query = new URLSearchParams({ after: String(place.lastId ?? after) });
  for (const type of types) query.append("type", type);
  if (!follow) query.set("follow", "false");
  const response = await request(http, "/v1/events", {
    query,
    headers: {
      accept: "text/event-stream",
      ...(place.lastId === undefined ? {} : { "last-event-id": String(place.lastId) }),
    },
    signal: options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal,
  });
  if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body) {
    stop.abort();
    throw new ClientError(
      "NOT_FAIRLEAD",
      `Cannot tail ${response.url}: it does not answer with an event stream; is something else listening there?`,
    );
  }
  const parse = createEventParser(options.maxEventChars ?? 64 * 2 ** 20, options.onGap);
  const decoder = new TextDecoder();
  place.hasConnected = true;
  let silence = clock.timer(silenceMs, () => stop.abort());
  try {
    for await (const chunk of response.body) {
      // The limit measures the silence of the server only: our own reader may take any time over an event.
      silence[Symbol.dispose]();
      place.hasMoved = true;
      for (const message of parse(decoder.decode(chunk, { stream: true }))) {
        if (message.offset <= (place.lastId ?? 0) && message.data !== undefined) continue;
        if (message.data !== undefined) yield { offset: message.offset, event: parseEvent(message.data) };
        place.lastId = Math.max(message.offset, place.lastId ?? 0);
      }
      silence = clock.timer(silenceMs, () => stop.abort());
    }
  } catch (error) {
    if (error instanceof FairleadError || options.signal?.aborted) throw error;
    throw stop.signal.aborted
      ? new ClientError("STREAM_SILENT", `Cannot go on reading events: nothing came for ${silenceMs} ms`, {
          retryable: true,
        })
      : broken("the connection broke", error);
  } finally {
    silence[Symbol.dispose]();
    stop.abort();
  }
}

interface Message {
  readonly offset: number;
  /** The data of the block. Undefined for a block that only moves the place. */
  readonly data: string | undefined;
}

/**
 * Makes a function from text to complete messages. The parser holds incomplete text. A fault is thrown after the messages before
 * the fault.
 */
function createEventParser(
  maxChars: number,
  onGap: TailEventsOptions["onGap"],
): (text: string) => Generator<Message> {
  let messages: Message[] = [];
  let failure: FairleadError | undefined;
  const parser = createParser({
    maxBufferSize: maxChars,
    onId: (id) => {
      const offset = parseOffset(id);
      if (offset !== undefined) messages.push({ offset, data: undefined });
    },
    onEvent: (message: EventSourceMessage) => {
      if (message.event === "problem") failure ??= streamProblem(message.data);
      if (message.event === "gap") onGap?.(parseGap(message.data));
      const offset = failure ? undefined : parseOffset(message.id);
      // The event takes the place of its own onId, which stands just before.
      if (offset !== undefined) messages.splice(-1, 1, { offset, data: message.data });
    },
    onComment: (comment) => {
      // The stream then ends as if the last event were sent, but more events may follow.
      if (comment.trim() === "draining") failure ??= broken("Fairlead is stopping");
    },
    onError: (error) => {
      if (error.type !== "max-buffer-size-exceeded") return;
      const message = `Cannot read an event: it is longer than ${maxChars} characters`;
      failure ??= new ClientError("EVENT_TOO_LARGE", message);
    },
  });
  return function* (text) {
    messages = [];
    parser.feed(text);
    yield* messages;
    if (failure) throw failure;
  };
}

function broken(reason: string, cause?: unknown): ClientError {
  return new ClientError("STREAM_BROKEN", `Cannot go on reading events: ${reason}`, {
    retryable: true,
    cause,
  });
}

/** The error of an `event: problem` in the middle of the stream, with the problem details of an answer. */
function streamProblem(data: string): FairleadError {
  const { status, ...problem } = parseProblem(data);
  if (status === undefined) return broken(problem.detail ?? data);
  return problemResponse("Cannot go on reading events", { ...problem, status });
}

function parseGap(data: string): EventGap {
  try {
    return eventGapSchema.parse(JSON.parse(data));
  } catch (cause) {
    throw new ClientError("NOT_FAIRLEAD", "Cannot read what is missing: it is not said as Fairlead does", {
      cause,
    });
  }
}

function parseEvent(data: string): CloudEvent {
  try {
    return fromStructuredJson(data);
  } catch (cause) {
    throw new ClientError("NOT_FAIRLEAD", "Cannot read an event: it is not a CloudEvent in JSON", { cause });
  }
}
