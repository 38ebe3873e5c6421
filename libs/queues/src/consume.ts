/** What both drivers' `consume` share: slots, and what becomes of a delivery that its handler leaves. */
import { backoffMs, type Clock, type Logger, toError } from "@fairlead/core";
import { delayAfter } from "./delays.ts";
import { QueueError } from "./errors.ts";
import { checkDelay, checkKind, cutReason } from "./message.ts";
import type { QueueObserver } from "./observe.ts";
import {
  type ConsumeOptions,
  type Delivery,
  type DeliveryHandler,
  maxSlots,
  type Settlement,
} from "./queues.ts";

/** A delivery in the hands of its driver. A settlement that throws has changed nothing and may be tried again. */
export interface HeldDelivery extends Delivery {
  /** Gives an unsettled delivery back to its queue, for anybody. Never fails. */
  release(): Promise<void>;
}

/** Where the slots of one `consume` get their deliveries. */
export interface Source extends AsyncDisposable {
  /** The next delivery for a free slot; several slots may wait at once. Undefined when the signal has fired: then nothing is held. */
  next(): Promise<HeldDelivery | undefined>;
}

export interface ConsumeParts {
  readonly openSource: (kind: string, signal: AbortSignal) => Source;
  readonly observer: QueueObserver;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Outcome = "ack" | "retry" | "dead";

/** A delivery that is settled once, and counted. */
interface GuardedDelivery extends Delivery {
  /** Waits for a settlement that the handler has begun and not awaited. True when the delivery is still unsettled. */
  isLeft(): Promise<boolean>;
}

function guard(held: HeldDelivery, observer: QueueObserver): GuardedDelivery {
  const { release: _, ...facts } = held;
  const { kind, id } = held;
  let state: "open" | "settling" | "settled" = "open";
  let begun: Promise<unknown> = Promise.resolve();

  async function settleOnce(outcome: Outcome, operation: () => Promise<Settlement>): Promise<Settlement> {
    if (state !== "open") {
      const why = state === "settled" ? "has been settled already" : "is being settled";
      throw new TypeError(`Cannot settle the delivery of ${id} (${outcome}): it ${why}`);
    }
    state = "settling";
    try {
      const settlement = await operation();
      state = "settled";
      observer.settled(kind, settlement === "lost" ? "lost" : outcome);
      return settlement;
    } catch (error) {
      state = "open";
      throw error;
    }
  }

  function settle(outcome: Outcome, operation: () => Promise<Settlement>): Promise<Settlement> {
    const settling = settleOnce(outcome, operation);
    if (state === "settling") begun = settling;
    return settling;
  }

  return {
    ...facts,
    ack: () => settle("ack", () => held.ack()),
    async retry(delay) {
      checkDelay(delay);
      return settle("retry", () => held.retry(delay));
    },
    deadLetter: (reason) => settle("dead", () => held.deadLetter(cutReason(reason))),
    async isLeft() {
      await begun.catch(() => {});
      return state === "open";
    },
  };
}

/** @throws {QueueError} BAD_MESSAGE */
export async function runSlots(
  kind: string,
  options: ConsumeOptions,
  handler: DeliveryHandler,
  parts: ConsumeParts,
): Promise<void> {
  checkKind(kind);
  const { slots, signal } = options;
  if (!Number.isInteger(slots) || slots < 1 || slots > maxSlots)
    throw new QueueError(
      "BAD_MESSAGE",
      `Cannot consume with ${slots} slots: give a whole number from 1 to ${maxSlots}`,
    );
  await using source = parts.openSource(kind, signal);
  await Promise.all(Array.from({ length: slots }, () => runSlot(kind, source, signal, handler, parts)));
}

async function runSlot(
  kind: string,
  source: Source,
  signal: AbortSignal,
  handler: DeliveryHandler,
  parts: ConsumeParts,
): Promise<void> {
  for (;;) {
    const held = await source.next();
    if (held === undefined) return;
    parts.observer.delivered(kind, held.redeliveries > 0);
    const delivery = guard(held, parts.observer);
    let failure: Error | undefined;
    try {
      await handler(delivery);
    } catch (thrown) {
      failure = toError(thrown);
      parts.logger.error({ err: failure, kind, id: held.id }, "a handler of a work queue failed");
    }
    if ((await delivery.isLeft()) && !(await settleLeft(delivery, failure, signal, parts)))
      await held.release();
  }
}

/**
 * Settles a delivery that its handler has left, trying until the delivery is settled or lost. False when the signal fired first.
 * There is always a delay: a handler that fails at once must not turn its queue into a hot loop.
 */
async function settleLeft(
  delivery: GuardedDelivery,
  failure: Error | undefined,
  signal: AbortSignal,
  { clock, logger }: ConsumeParts,
): Promise<boolean> {
  const { kind, id, retries } = delivery;
  const delay = delayAfter(retries);
  const reason = failure ? `the handler failed: ${failure.message}` : "the handler did not settle it";
  for (let attempt = 1; ; attempt++) {
    try {
      await (delay === undefined
        ? delivery.deadLetter(`${reason} (${retries} retries)`)
        : delivery.retry(delay));
      return true;
    } catch (error) {
      logger.warn(
        { err: toError(error), kind, id },
        "a delivery that its handler left could not be put back yet",
      );
      if (signal.aborted) return false;
      await clock.sleep(backoffMs(attempt, { maxDelayMs: 5_000 }), signal).catch(() => {});
    }
  }
}
