/** What may go into a queue: the checks that both drivers make before they take a message. Pure. */
import { createId } from "@fairlead/core";
import { isRetryDelay, type RetryDelay } from "./delays.ts";
import { QueueError } from "./errors.ts";
import { maxListed, maxMessageBytes, type QueueMessage } from "./queues.ts";

/** A message that may go into a queue. */
export interface CheckedMessage {
  readonly id: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Body and headers. */
  readonly bytes: number;
}

const kindPattern = /^[a-z][a-z0-9-]{0,63}$/;
const idPattern = /^[\x21-\x7e]{1,128}$/;
const headerPattern = /^(?!x-|fairlead-)[a-z][a-z0-9-]{0,63}$/;
/** Half of a surrogate pair could not be written as UTF-8. */
export const isHeader = (name: string, value: unknown): value is string =>
  typeof value === "string" && value.isWellFormed() && headerPattern.test(name);

const bad = (what: string, state: string) => new QueueError("BAD_MESSAGE", `Cannot ${what}: ${state}`);

/** @throws {QueueError} BAD_MESSAGE */
export function checkKind(kind: string): void {
  if (!kindPattern.test(kind))
    throw bad(`use the queue ${JSON.stringify(kind)}`, "a kind is 1 to 64 of a-z, 0-9 and -, a letter first");
}

/** @throws {QueueError} BAD_MESSAGE */
export function checkDelay(delay: RetryDelay): void {
  if (!isRetryDelay(delay))
    throw bad(`delay a message by ${JSON.stringify(delay)}`, "it is none of 1s, 5s, 30s, 2m, 10m, 1h");
}

export const headerBytes = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);

/** @throws {QueueError} BAD_MESSAGE, MESSAGE_TOO_LARGE */
export function checkMessage(kind: string, message: QueueMessage): CheckedMessage {
  checkKind(kind);
  const { id = createId(), body, headers = {} } = message;
  const enqueueing = `enqueue a message of kind ${kind}`;
  if (!idPattern.test(id))
    throw bad(enqueueing, "its id must have 1 to 128 printable ASCII characters, no space");
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeader(name, value))
      throw bad(
        enqueueing,
        `${JSON.stringify(name)} is no header name that may be used, or its value is no text that UTF-8 can hold`,
      );
  }
  const bytes = body.byteLength + headerBytes(headers);
  if (bytes > maxMessageBytes) {
    const state = `its body and headers have ${bytes} bytes and the limit is ${maxMessageBytes}`;
    throw new QueueError("MESSAGE_TOO_LARGE", `Cannot ${enqueueing}: ${state}`);
  }
  return { id, body: Buffer.from(body.buffer, body.byteOffset, body.byteLength), headers, bytes };
}

/** @throws {QueueError} BAD_MESSAGE */
export function checkListLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxListed)
    throw bad(`list ${limit} dead letters`, `give a whole number from 1 to ${maxListed}`);
}

const maxReasonChars = 1_000;
/** Whole characters, as in a header. */
export const cutReason = (reason: string) => reason.slice(0, maxReasonChars).toWellFormed();
