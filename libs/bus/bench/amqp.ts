/**
 * What the bus costs over plain amqplib: the same events published straight on a confirm channel with the same window, persistent
 * and mandatory, beside AmqpBus.publish; then the spool on its own and how it is emptied. Log stream on, a quorum inbox bound. Prints
 * ratios of one run. `node libs/bus/bench/amqp.ts [rounds]`; needs rabbitmq-server.
 */
import { names } from "@fairlead/amqp";
import type { CloudEvent } from "@fairlead/contracts";
import { createId, silentLogger } from "@fairlead/core";
import { eventually, freePort, startRabbit, temporaryDirectory } from "@fairlead/harness";
import { connect } from "amqplib";
import { AmqpBus } from "../src/amqp/amqp-bus.ts";
import { toMessage } from "../src/amqp/message.ts";
import { Stalls } from "../test/amqp/stalls.ts";

const windowMessages = 1_024;
const windowBytes = 32 << 20;

interface Load {
  readonly name: string;
  readonly eventBytes: number;
  readonly events: number;
  /** Published without a confirm at most, by the callers of the bus and by the plain client alike. */
  readonly underWay: number;
}

const loads: readonly Load[] = [
  { name: "64 KiB events (655 lines of 100 bytes)", eventBytes: 65_536, events: 4_000, underWay: 256 },
  { name: "4 KiB events", eventBytes: 4_096, events: 30_000, underWay: windowMessages },
  { name: "100 byte events", eventBytes: 100, events: 60_000, underWay: windowMessages },
];

const eventOf = (data: Buffer): CloudEvent => ({
  id: createId(),
  source: "/tcp-gateway/bench/lines",
  type: "dev.fairlead.tcp.records",
  subject: "01890a5d-ac96-774b-bcce-b302099a8058",
  time: new Date().toISOString(),
  datacontenttype: "application/vnd.fairlead.lines",
  data,
  extensions: { recordcount: 655, firstseq: 1 },
});

await using rabbit = await startRabbit();
await using directory = await temporaryDirectory();

async function purge(): Promise<void> {
  const model = await connect(rabbit.url);
  const channel = await model.createChannel();
  await channel.purgeQueue(names.inbox);
  await model.close();
}

/** The floor: nothing but amqplib. */
async function plain(load: Load): Promise<number> {
  const model = await connect(rabbit.url, { noDelay: true });
  const channel = await model.createConfirmChannel();
  const data = Buffer.alloc(load.eventBytes, "x");
  const start = performance.now();
  let sent = 0;
  let confirmed = 0;
  const done = Promise.withResolvers<void>();
  const send = () => {
    for (; sent < load.events && sent - confirmed < load.underWay; sent++) {
      const { content, options, routingKey } = toMessage(eventOf(data));
      channel.publish(names.events, routingKey, content, options, (error: unknown) => {
        if (error) return done.reject(error);
        if (++confirmed === load.events) done.resolve();
        else send();
      });
    }
  };
  send();
  await done.promise;
  const seconds = (performance.now() - start) / 1_000;
  await model.close();
  return load.events / seconds;
}

async function throughBus(bus: AmqpBus, load: Load): Promise<number> {
  const data = Buffer.alloc(load.eventBytes, "x");
  const start = performance.now();
  let sent = 0;
  const publishOn = async () => {
    while (sent++ < load.events) await bus.publish(eventOf(data));
  };
  await Promise.all(Array.from({ length: load.underWay }, publishOn));
  return load.events / ((performance.now() - start) / 1_000);
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const openOn = async (url: string, file: string) =>
  await AmqpBus.open({
    url,
    name: "bench",
    spool: { path: directory.file(file) },
    topology: { logMaxBytes: 2 ** 30, logMaxAgeMs: 3_600_000, inbox: ["tcp.*"], inboxMaxBytes: 4 * 2 ** 30 },
    windowMessages,
    windowBytes,
    logger: silentLogger,
  });
const deadUrl = `amqp://guest:guest@127.0.0.1:${await freePort()}`;
await using healthy = await openOn(rabbit.url, "healthy.db");
await eventually(() => healthy.mode === "direct", "the broker");

const rounds = Number(process.argv[2] ?? 3);
for (const load of loads) {
  const results = {
    plain: [] as number[],
    bus: [] as number[],
    spool: [] as number[],
    emptying: [] as number[],
  };
  const stalls: number[] = [];
  for (let round = 0; round < rounds; round++) {
    results.plain.push(await plain(load));
    await purge();
    const watch = new Stalls();
    results.bus.push(await throughBus(healthy, load));
    stalls.push((await watch.end()).longestMs);
    await purge();
    const away = await openOn(deadUrl, "spool.db");
    results.spool.push(await throughBus(away, load));
    await away[Symbol.asyncDispose]();
    const back = await openOn(rabbit.url, "spool.db");
    await eventually(() => (back.health().spooledEvents ?? 0) < load.events, "the spool to be emptied");
    const start = performance.now();
    await eventually(() => (back.health().spooledEvents ?? 0) === 0, "an empty spool");
    results.emptying.push(load.events / ((performance.now() - start) / 1_000));
    await back[Symbol.asyncDispose]();
    await purge();
  }
  const floor = median(results.plain);
  const show = (of: readonly number[]) =>
    `${Math.round(median(of))}/s, ${(median(of) / floor).toFixed(2)} of plain`;
  console.log(`${load.name}: plain amqplib ${Math.round(floor)}/s`);
  console.log(`  bus   ${show(results.bus)}; longest stall ${median(stalls).toFixed(0)} ms`);
  console.log(`  spool ${show(results.spool)}`);
  console.log(`  emptying ${show(results.emptying)}`);
}
