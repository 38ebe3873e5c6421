/** The thread of the queues. */
import { type Send, serveFile } from "@fairlead/sqlite";
import { QueueStore } from "./store.ts";
import type { GroupAnswer, StoreRequest, StoreSettings, StoreStatus } from "./thread-messages.ts";

serveFile((settings: StoreSettings, reply: Send<StoreStatus>) => {
  const store = new QueueStore(settings);
  reply(store.status);
  return {
    handle(requests: readonly StoreRequest[], answering) {
      const answers = store.apply(requests);
      answering.resolve({ answers, status: store.status } satisfies GroupAnswer);
    },
    close: () => store.close(),
  };
});
