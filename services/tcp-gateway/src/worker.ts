/**
 * Entry of a worker process: the same listeners on the same ports, publishing through the process that forked it. That
 * process is in charge: signals are left to it, and when it is gone this one ends.
 *
 * @module
 */
import { openIpcBus } from "@fairlead/bus";
import { systemClock } from "@fairlead/core";
import { Credit } from "@fairlead/ingress";
import { LocalGateway } from "./gateway.ts";
import { channelLogger, WorkerChannel, type WorkerPort } from "./worker-channel.ts";
import type { StartWorker } from "./worker-process.ts";

const owner = process as unknown as WorkerPort;
const over = new AbortController();
let gateway: LocalGateway | undefined;

const channel: WorkerChannel = new WorkerChannel(
  owner,
  {
    async start({ config, instance }: StartWorker) {
      const bus = await openIpcBus(owner);
      const logger = channelLogger(() => channel, { worker: process.pid });
      const credit = new Credit(Math.ceil(config.credit / config.workers));
      const parts = { instance, bus, credit, logger, clock: systemClock, sharesPort: true };
      gateway = await LocalGateway.open(config, parts);
      if (over.signal.aborted) await gateway[Symbol.asyncDispose]();
      return gateway.endpoints;
    },
    list: (page: { after: string; limit: number }) => gateway!.list(page),
    find: (id: string) => gateway!.find(id),
    close: (id: string) => gateway!.close(id),
    snapshots: () => gateway!.snapshots(),
    async drain() {
      await gateway!.drain(over.signal);
      return gateway!.snapshots();
    },
  },
  channelLogger(() => channel),
);

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
process.on("disconnect", () => {
  over.abort();
  void gateway?.[Symbol.asyncDispose]();
});
