import { BusError } from "../../errors.ts";
import { acquireLock } from "../../sqlite/lock.ts";
import { QueueError } from "../errors.ts";

/** The lock of the event log's kind, in the words of the queues. @throws {QueueError} QUEUES_IN_USE at once, QUEUES_FAILED */
export function lockQueues(path: string): Disposable {
  try {
    return acquireLock(path);
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    const isInUse = error.code === "LOG_IN_USE";
    throw new QueueError(
      isInUse ? "QUEUES_IN_USE" : "QUEUES_FAILED",
      isInUse
        ? `Cannot open the work queues ${path}: another process or another part of this one has them open; stop the other one or set another data directory`
        : `Cannot open the work queues ${path}: ${error.message}`,
      { cause: error },
    );
  }
}
