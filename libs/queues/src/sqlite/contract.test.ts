import { temporaryDirectory } from "@fairlead/harness";
import { contractLimits, queuesContract } from "../contract.ts";
import { openSqliteQueues } from "./sqlite-queues.ts";

queuesContract("sqlite", async () => {
  const directory = await temporaryDirectory();
  const open = () => openSqliteQueues({ path: directory.file("queues.db"), ...contractLimits });
  let queues = await open();
  return {
    get queues() {
      return queues;
    },
    async loseDeliveries() {
      await queues.worker?.terminate();
    },
    async reopen() {
      await queues[Symbol.asyncDispose]();
      queues = await open();
      return queues;
    },
    async [Symbol.asyncDispose]() {
      await queues[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
});
