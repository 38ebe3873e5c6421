/** What crosses between the driver and its thread: plain values only. */
import type { ErrorFacts } from "@fairlead/sqlite";

export interface StoreSettings {
  readonly path: string;
  /** Size that the file may reach. */
  readonly maxFileBytes: number;
  /** Caps of each queue. */
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** Names one hand-out of one message: a later hand-out of the same message has another number. */
export interface Ticket {
  readonly seq: number;
  readonly number: number;
}

export type StoreRequest =
  | {
      readonly op: "enqueue";
      readonly kind: string;
      readonly id: string;
      /** JSON of the headers. */
      readonly headers: string;
      readonly body: Uint8Array;
      /** Body and headers. */
      readonly bytes: number;
      readonly dueMs: number;
    }
  /** Up to `count` messages that are due and in nobody's hands. */
  | { readonly op: "take"; readonly kind: string; readonly count: number; readonly nowMs: number }
  | { readonly op: "ack"; readonly ticket: Ticket }
  | { readonly op: "retry"; readonly ticket: Ticket; readonly dueMs: number }
  | { readonly op: "dead"; readonly ticket: Ticket; readonly reason: string; readonly nowMs: number }
  | { readonly op: "release"; readonly ticket: Ticket }
  | { readonly op: "listDead"; readonly limit: number }
  | { readonly op: "requeueDead"; readonly id: string; readonly nowMs: number }
  | { readonly op: "discardDead"; readonly id: string };

export interface StoredMessage {
  readonly seq: number;
  readonly kind: string;
  readonly id: string;
  readonly headers: string;
  readonly body: Uint8Array;
  readonly retries: number;
}

export interface TakenMessage extends StoredMessage {
  readonly ticket: Ticket;
  readonly redeliveries: number;
}

export interface StoredDead extends StoredMessage {
  readonly reason: string;
  readonly diedMs: number;
}

export interface Taken {
  readonly messages: readonly TakenMessage[];
  /** The time at which the next message is due, where one waits. */
  readonly nextDueMs: number | undefined;
  /** The number of messages that were met damaged and became dead letters. */
  readonly damaged: number;
}

export type StoreResult =
  | { readonly op: "enqueue" }
  | ({ readonly op: "take" } & Taken)
  | { readonly op: "settled"; readonly isSettled: boolean }
  | { readonly op: "dead"; readonly letters: readonly StoredDead[] }
  /** The kind of the dead letter; undefined when there is no such letter. */
  | { readonly op: "moved"; readonly kind: string | undefined };

/** The request alone is refused; the others of its group are not. */
export interface StoreFailure {
  readonly op: "failed";
  readonly error: ErrorFacts;
}

export type StoreAnswer = StoreResult | StoreFailure;

export interface StoreStatus {
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly deadLetters: number;
  /** Sentences for an operator. */
  readonly problems: readonly string[];
}

/** The answer to a group of requests, one each in their order. */
export interface GroupAnswer {
  readonly answers: readonly StoreAnswer[];
  readonly status: StoreStatus;
}
