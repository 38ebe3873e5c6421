import { type BusError, busErrorFrom } from "../errors.ts";
import type { LogReply, LogRequest } from "./protocol.ts";

/** Deletions that were asked of the thread and are not answered. */
export class Deletions {
  readonly #send: (request: LogRequest) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();
  #nextId = 1;

  constructor(send: (request: LogRequest) => void) {
    this.#send = send;
  }

  /** @throws {BusError} BUS_FAILED, LOG_FULL: a part may be gone already */
  ask(through: number): Promise<void> {
    const id = this.#nextId++;
    const outcome = Promise.withResolvers<void>();
    this.#waiting.set(id, outcome);
    this.#send({ kind: "delete", id, through });
    return outcome.promise;
  }

  answer(reply: Extract<LogReply, { kind: "deleted" | "undeleted" }>): void {
    const outcome = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === "deleted") outcome?.resolve();
    else outcome?.reject(busErrorFrom(reply.error));
  }

  /** The thread is gone. */
  rejectAll(error: BusError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
