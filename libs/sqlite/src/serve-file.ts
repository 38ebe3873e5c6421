import { parentPort, workerData } from "node:worker_threads";
import { errorFacts, type FromThread, type ToThread } from "./thread-messages.ts";

/** Sends a value to the other thread; the buffers move there. */
export type Send<Value> = (value: Value, transfer?: ArrayBuffer[]) => void;

/** What a request that was asked is answered with, once. */
export interface Answering {
  readonly resolve: Send<unknown>;
  readonly reject: (error: unknown) => void;
}

export interface ServedFile<Request> {
  /**
   * Handles one request. An error that is thrown here ends the thread, which is then started again.
   * @param answering of no effect for a request that was sent and not asked
   */
  handle(request: Request, answering: Answering): void;
  close(): void;
}

/**
 * The thread's side of a FileThread: opens the file and serves it until told to close. An error of `open` ends the thread
 * and says so on the other side.
 * @param open gets the settings of the FileThread; what it replies arrives before the thread is up
 */
export function serveFile<Settings, Request, Reply>(
  open: (settings: Settings, reply: Send<Reply>) => ServedFile<Request>,
): void {
  const port = parentPort!;
  const post = (message: FromThread<Reply>, transfer: ArrayBuffer[] = []) =>
    port.postMessage(message, transfer);
  const answering = (ask: number): Answering => ({
    resolve: (answer, transfer) => post({ kind: "answer", ask, answer }, transfer),
    reject: (error) => post({ kind: "refusal", ask, error: errorFacts(error) }),
  });
  try {
    const file = open(workerData as Settings, (reply, transfer) => post({ kind: "reply", reply }, transfer));
    port.on("message", (message: ToThread<Request>) => {
      if (message.kind === "request") {
        file.handle(message.request, message.ask === undefined ? unasked : answering(message.ask));
        return;
      }
      file.close();
      port.close();
    });
    post({ kind: "up" });
  } catch (error) {
    post({ kind: "unopened", error: errorFacts(error) });
    port.close();
  }
}

const unasked: Answering = { resolve() {}, reject() {} };
