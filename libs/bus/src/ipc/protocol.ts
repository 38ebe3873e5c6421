import type { CloudEvent } from "@fairlead/core";
import type { BusHealth, LoggedEvent, TailOptions } from "../bus.ts";
import type { BusErrorFacts } from "../errors.ts";

/**
 * One end of a channel between two processes: what `process` and a `ChildProcess` have in common. The channel must keep
 * order and clone values with their binary data (`serialization: "advanced"`).
 */
export interface BusPort {
  /** Missing where the process has no channel (it was not forked). */
  send?(message: unknown, done: (error: Error | null) => void): unknown;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
  off(event: "message", listener: (message: unknown) => void): unknown;
  off(event: "disconnect", listener: () => void): unknown;
}

export type RemoteTailOptions = Pick<TailOptions, "after" | "types" | "follow">;

/** From the worker process to the owner of the bus. */
export type BusCall =
  | { readonly kind: "hello" }
  | { readonly kind: "publish"; readonly seq: number; readonly event: CloudEvent }
  | { readonly kind: "tail"; readonly id: number; readonly options: RemoteTailOptions }
  /** The tail may send this much more, as eventCost counts. */
  | { readonly kind: "credit"; readonly id: number; readonly bytes: number }
  | { readonly kind: "stop"; readonly id: number };

/** From the owner to the worker process. */
export type BusAnswer =
  | { readonly kind: "health"; readonly health: BusHealth }
  | { readonly kind: "outcome"; readonly seq: number; readonly error?: BusErrorFacts }
  | { readonly kind: "event"; readonly id: number; readonly logged: LoggedEvent }
  | { readonly kind: "ended"; readonly id: number; readonly error?: BusErrorFacts };

/** Wraps our messages, so that others may use the same channel. */
export interface Envelope<T> {
  readonly fairleadBus: readonly T[];
}

/** The messages of an envelope; undefined for what is not ours. */
export function openEnvelope<T>(message: unknown): readonly T[] | undefined {
  if (typeof message !== "object" || message === null || !("fairleadBus" in message)) return undefined;
  return Array.isArray(message.fairleadBus) ? message.fairleadBus : undefined;
}

/** What a tail may have under way on the channel, as eventCost counts. */
export const tailCredit = 1 << 20;

/** What an event costs on the channel, about: its data and a little for its attributes. */
export const eventCost = (event: CloudEvent): number => event.data.byteLength + 256;

/** Gathers the messages of one turn of the event loop into one envelope. */
export class Outbox<T> {
  readonly #port: BusPort;
  readonly #onLost: (error: Error) => void;
  #messages: T[] = [];
  #isClosed = false;

  constructor(port: BusPort, onLost: (error: Error) => void) {
    this.#port = port;
    this.#onLost = onLost;
  }

  push(message: T): void {
    if (this.#isClosed) return;
    if (this.#messages.push(message) === 1) setImmediate(() => this.flush());
  }

  flush(): void {
    if (this.#messages.length === 0 || this.#isClosed) return;
    const fairleadBus = this.#messages;
    this.#messages = [];
    try {
      if (this.#port.send === undefined) throw new Error("this process was not forked: it has no channel");
      this.#port.send({ fairleadBus } satisfies Envelope<T>, (error) => error && this.#onLost(error));
    } catch (error) {
      this.#onLost(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Sends no more. */
  close(): void {
    this.#isClosed = true;
    this.#messages = [];
  }
}
