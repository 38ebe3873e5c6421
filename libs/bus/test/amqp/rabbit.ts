import { join } from "node:path";
import { names } from "@fairlead/amqp";
import type { CloudEvent } from "@fairlead/contracts";
import { silentLogger } from "@fairlead/core";
import { eventually, startRabbit, type TestRabbit } from "@fairlead/harness";
import { connect } from "amqplib";
import { AmqpBus, type AmqpBusOptions } from "../../src/amqp/amqp-bus.ts";
import type { SpoolOptions } from "../../src/spool/open-spool.ts";
import { temporaryDirectory } from "../temporary.ts";

/** One RabbitMQ for a whole test file, started by the first test that asks. Dispose in `after`. */
export class SharedRabbit implements AsyncDisposable {
  #started: Promise<TestRabbit> | undefined;

  get(): Promise<TestRabbit> {
    this.#started ??= startRabbit();
    return this.#started;
  }

  /** The same, without anything that an earlier test left there. */
  async clean(): Promise<TestRabbit> {
    const rabbit = await this.get();
    if (!rabbit.isRunning) await rabbit.start();
    const model = await connect(rabbit.url);
    for (const queue of [names.log, names.inbox, names.deadQueue]) {
      const channel = await model.createChannel();
      channel.on("error", () => {});
      await channel.deleteQueue(queue).catch(() => {});
      await channel.close().catch(() => {});
    }
    const channel = await model.createChannel();
    for (const exchange of [names.events, names.dead]) await channel.deleteExchange(exchange);
    await model.close();
    return rabbit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#started)?.[Symbol.asyncDispose]();
  }
}

export const testTopology = {
  // More than any test publishes: a log that forgets by itself would look like a loss.
  logMaxBytes: 8 * 2 ** 30,
  logMaxAgeMs: 3_600_000,
  inbox: ["tcp.*"],
  inboxMaxBytes: 8 * 2 ** 30,
} as const;

export interface BusUnderFaults extends AsyncDisposable {
  readonly bus: AmqpBus;
  readonly directory: string;
  readonly warnings: readonly string[];
}

/** A bus on its own spool in a directory that goes with it, quick to notice what is wrong. */
export async function openTestBus(
  url: string,
  changes: Partial<Omit<AmqpBusOptions, "spool">> & {
    spool?: Partial<SpoolOptions>;
    directory?: string;
  } = {},
): Promise<BusUnderFaults> {
  const { spool, ...options } = changes;
  const temporary = changes.directory === undefined ? temporaryDirectory() : undefined;
  const directory = changes.directory ?? temporary?.path ?? "";
  const warnings: string[] = [];
  const logger = {
    ...silentLogger,
    warn: (fields: object, message: string) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
  };
  const bus = await AmqpBus.open({
    url,
    name: "test",
    spool: { path: join(directory, "spool.db"), maxBytes: 2 ** 30, ...spool },
    topology: testTopology,
    confirmTimeoutMs: 2_000,
    heartbeatSeconds: 2,
    connectTimeoutMs: 2_000,
    reconnectMaxMs: 500,
    // Where a test kills the broker, it waits for the real time.
    settleMs: 0,
    logger,
    ...options,
  });
  return {
    bus,
    directory,
    warnings,
    async [Symbol.asyncDispose]() {
      await bus[Symbol.asyncDispose]();
      temporary?.[Symbol.dispose]();
    },
  };
}

/** Until the spool has taken over. That may be over again before anybody looks at the mode. */
export const spoolTookOver = ({ warnings }: { warnings: readonly string[] }) =>
  eventually(
    () => warnings.some((warning) => warning.startsWith("publishing goes to the spool")),
    "the spool to take over",
  );

/** Until events go straight to the broker; the spool is empty then. */
export const usedAgain = ({ bus, warnings }: { bus: AmqpBus; warnings: readonly string[] }) =>
  eventually(
    () => bus.mode === "direct",
    () => `the broker to be used again: ${JSON.stringify(bus.health())}; ${warnings.slice(-10).join("; ")}`,
  );

/** Until events go straight to the broker, nothing waits in the spool, and health has no complaint. */
export const direct = (bus: AmqpBus, timeoutMs?: number) =>
  eventually(
    () => bus.mode === "direct" && bus.health().problems.length === 0,
    () => `a healthy bus: ${bus.mode} ${JSON.stringify(bus.health())}`,
    timeoutMs,
  );

export const eventOf = (id: string, changes: Partial<CloudEvent> = {}): CloudEvent => ({
  id,
  source: "/test",
  type: "dev.fairlead.tcp.records",
  time: new Date().toISOString(),
  datacontenttype: "text/plain",
  data: Buffer.from(id),
  extensions: {},
  ...changes,
});
