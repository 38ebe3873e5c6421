/** The thread of the queues: owns the file, so that neither an fsync nor a checkpoint ever stalls the event loop. */
import { parentPort, workerData } from "node:worker_threads";
import { failureOf, type StoreSettings, type ThreadReply, type ThreadRequest } from "./protocol.ts";
import { QueueStore } from "./store.ts";

const port = parentPort!;
const reply = (message: ThreadReply) => port.postMessage(message);

try {
  const store = new QueueStore(workerData as StoreSettings);
  port.on("message", (request: ThreadRequest) => {
    if ("close" in request) {
      store.close();
      port.close();
      return;
    }
    const answers = store.apply(request.requests);
    reply({ kind: "answers", answers, status: store.status });
  });
  reply({ kind: "ready", status: store.status });
} catch (error) {
  reply({ kind: "unopened", failure: failureOf(error) });
  port.close();
}
