/**
 * Reading the log stream by offset. After any loss of channel or link a tail goes on behind the last offset that it gave.
 *
 * Where "now" matters (from the end; up to the end) a tail sends a mark (mark.ts) through the log and looks where it comes out.
 * The first travels behind everything that this bus has published before, on the same channel, so the time of the call is exact.
 * Each further one has a connection of its own: what is refused cuts the publishing one again and again, and a blocked one
 * would stop the reading. Marks are for their own tail only; every other one passes over them.
 */
import { names } from "@fairlead/amqp";
import { matchesTopic, routingKey } from "@fairlead/contracts/names";
import { backoffMs, beforeAbort, type Clock, toError } from "@fairlead/core";
import type { ChannelModel, ConsumeMessage } from "amqplib";
import type { LoggedEvent, TailOptions } from "../bus.ts";
import { BusError } from "../errors.ts";
import { consumeLog, offsetOf } from "./consumer.ts";
import { fromMessage } from "./message.ts";
import { markType } from "./topology.ts";

export interface StreamTailParts {
  /** The connection for reading; waits until there is one. @throws when the signal fires */
  readonly connected: (signal: AbortSignal) => Promise<ChannelModel>;
  /** Puts a mark into the log; resolves with its message id when it stands there. @throws when it cannot, or the signal fires */
  readonly sendMark: (signal: AbortSignal) => Promise<string>;
  readonly onInterrupted: (error: Error) => void;
  /** Looking for a mark that takes longer begins again, in milliseconds. */
  readonly markTimeoutMs: number;
  readonly clock: Clock;
  /** Fires when the bus closes. */
  readonly closed: AbortSignal;
}

/** Offsets to go back at first when a mark lies behind; then four times as many, each time. */
const firstStepBack = 256;

/**
 * The offset of a mark that stands in the log. Waits at the end for a second mark, then goes back until the first comes
 * before what is known to be behind it.
 */
async function findMark(
  model: ChannelModel,
  id: string,
  sendMark: StreamTailParts["sendMark"],
  signal: AbortSignal,
): Promise<number> {
  await using atEnd = await consumeLog(model, "next", signal);
  const second = await sendMark(signal);
  let seen: ConsumeMessage;
  do {
    seen = await atEnd.next();
    if (seen.properties.messageId === id) return offsetOf(seen);
  } while (seen.properties.messageId !== second);
  const end = offsetOf(seen);
  for (let back = firstStepBack; ; back *= 4) {
    const from = Math.max(0, end - 1 - back);
    await using consumer = await consumeLog(model, from, signal);
    for (;;) {
      const message = await consumer.next();
      if (message.properties.messageId === id) return offsetOf(message);
      if (offsetOf(message) >= end) break;
    }
    if (from === 0) throw new BusError("BUS_FAILED", "Cannot find the end of the log: it was begun anew");
  }
}

/** The offset of the last event of the log. @param first a mark that was sent already */
async function findEnd(
  model: ChannelModel,
  first: Promise<string> | undefined,
  { sendMark, markTimeoutMs }: StreamTailParts,
  signal: AbortSignal,
): Promise<number> {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(markTimeoutMs)]);
  return await findMark(model, await beforeAbort(first ?? sendMark(inTime), inTime), sendMark, inTime);
}

/** How far a tail has come. It goes on from here with the next connection. */
interface Progress {
  /** The last offset that was given; undefined until the end of the log, where the tail begins, is found. */
  after: number | undefined;
  /** Where a tail that does not follow ends; undefined until it is found. */
  end: number | undefined;
  /** Interruptions since the last message. */
  failures: number;
}

/**
 * Reads the log stream by offset, waiting out every loss of the link.
 * @param mark sent at the time of the call, where that time matters
 * @throws {BusError} BUS_CLOSED when the bus closes meanwhile
 */
export async function* tailStream(
  options: TailOptions,
  mark: Promise<string> | undefined,
  parts: StreamTailParts,
): AsyncGenerator<LoggedEvent, void, void> {
  const { connected, onInterrupted, clock, closed } = parts;
  const { follow = true, types } = options;
  const signal = options.signal ? AbortSignal.any([options.signal, closed]) : closed;
  const after = options.after === "end" ? undefined : options.after;
  const progress: Progress = { after, end: undefined, failures: 0 };
  let ownMark = mark;
  while (!signal.aborted) {
    try {
      const model = await connected(signal);
      await findPlace(progress, follow, (first) => findEnd(model, first, parts, signal), ownMark);
      yield* readOn(progress, follow, types, model, signal);
      if (!signal.aborted) return;
    } catch (error) {
      if (signal.aborted) break;
      ownMark = undefined;
      onInterrupted(toError(error));
      await clock.sleep(backoffMs(++progress.failures, { maxDelayMs: 5_000 }), signal).catch(() => {});
    }
  }
  if (closed.aborted && options.signal?.aborted !== true)
    throw new BusError("BUS_CLOSED", "Cannot read the log: the bus is closed");
}

/** Finds the offsets that are not known yet; after an interruption also whether the log is still the same. */
async function findPlace(
  progress: Progress,
  follow: boolean,
  findLast: (first?: Promise<string>) => Promise<number>,
  mark: Promise<string> | undefined,
): Promise<void> {
  const { after, end, failures } = progress;
  if (after === undefined || (!follow && end === undefined)) {
    progress.end = await findLast(mark);
    progress.after ??= progress.end;
  } else if (failures > 0) {
    // A log that ends before what was given already has been deleted and begun anew, with offsets from the first.
    const last = await findLast();
    if (last <= after) progress.after = 0;
    if (end !== undefined) progress.end = Math.min(end, last);
  }
}

/** Gives the wanted events of the log from `progress` on, until its end or the signal. @throws when channel or link is lost */
async function* readOn(
  progress: Progress,
  follow: boolean,
  types: TailOptions["types"],
  model: ChannelModel,
  signal: AbortSignal,
): AsyncGenerator<LoggedEvent, void, void> {
  const isDone = () => signal.aborted || (!follow && progress.after! >= progress.end!);
  if (isDone()) return;
  await using consumer = await consumeLog(model, progress.after!, signal);
  while (!isDone()) {
    const message = await consumer.next();
    progress.failures = 0;
    const offset = offsetOf(message);
    // Delivery may begin with the chunk that holds the offset asked for: what is before it was given already.
    if (offset <= progress.after!) continue;
    const logged = eventIn(message, offset);
    if (logged !== undefined && isWanted(logged.event.type, types)) yield logged;
    progress.after = offset;
  }
}

function eventIn(message: ConsumeMessage, offset: number): LoggedEvent | undefined {
  if (message.properties.type === markType) return undefined;
  const place = `${names.log}:${offset}`;
  const found = { routingKey: message.fields.routingKey, place, receivedAtMs: Date.now() };
  return { offset, event: fromMessage(message, found) };
}

const isWanted = (type: string, types: readonly string[] | undefined): boolean =>
  types === undefined || types.some((pattern) => matchesTopic(pattern, routingKey(type)));
