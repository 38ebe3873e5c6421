import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger, systemClock } from "@fairlead/core";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import { temporaryDirectory } from "@fairlead/harness";
import { z } from "zod";
import { amqpBusOptions, busConfigSchema, openBus, openQueues } from "./bus.ts";

test("busConfigSchema fills every key with its default", () => {
  assert.deepEqual(busConfigSchema.parse({}), {
    maxAge: 604_800_000,
    maxBytes: 4 * 2 ** 30,
    minAge: 600_000,
    maxEventBytes: 16 << 20,
    maxPendingEvents: 100_000,
    maxPendingBytes: 64 << 20,
    inbox: [],
    spool: { path: "spool.db", maxBytes: 4 * 2 ** 30 },
  });
  assert.deepEqual(busConfigSchema.parse({ amqp: { url: "amqp://broker" } }).amqp, {
    url: "amqp://broker",
    windowMessages: 1_024,
    windowBytes: 32 << 20,
    confirmTimeout: 5_000,
    heartbeat: 10_000,
    connectTimeout: 5_000,
    maxReconnectDelay: 5_000,
    logMaxBytes: 8 * 2 ** 30,
    logMaxAge: 604_800_000,
    inboxMaxBytes: 2 ** 30,
  });
});

const refused: readonly (readonly [string, object])[] = [
  ["an unknown key", { maxbytes: "1GiB" }],
  ["a size without a unit", { maxBytes: "1000000" }],
  ["a log of less than 1 MiB", { maxBytes: "512KiB" }],
  ["nothing at all for unlimited", { maxBytes: "0B" }],
  ["no pending events", { maxPendingEvents: 0 }],
  ["a number where a duration belongs", { maxAge: 7 }],
  ["an age of nothing", { maxAge: "0s" }],
  ["an event larger than what may be pending", { maxEventBytes: "64MiB", maxPendingBytes: "1MiB" }],
  ["an inbox that is no list", { inbox: "tcp.*" }],
];

for (const [what, section] of refused) {
  test(`busConfigSchema refuses ${what}`, () => {
    const result = busConfigSchema.safeParse(section);
    assert.equal(result.success, false);
    assert.deepEqual(
      result.error?.issues.map(({ path }) => path.join(".") || "unknown"),
      ["maxbytes" in section ? "unknown" : Object.keys(section)[0]],
    );
  });
}

const refusedInside: readonly (readonly [string, string, object])[] = [
  ["RabbitMQ without an address", "amqp.url", { amqp: {} }],
  ["an address that is none", "amqp.url", { amqp: { url: "broker:5672" } }],
  ["an address of another kind", "amqp.url", { amqp: { url: "http://broker" } }],
  ["an empty window", "amqp.windowMessages", { amqp: { url: "amqp://broker", windowMessages: 0 } }],
  ["a spool that is never emptied", "spool.maxBytesPerSecond", { spool: { maxBytesPerSecond: "0B" } }],
];

for (const [what, key, section] of refusedInside) {
  test(`busConfigSchema refuses ${what}`, () => {
    const { error } = busConfigSchema.safeParse(section);
    assert.deepEqual(
      error?.issues.map(({ path }) => path.join(".")),
      [key],
    );
  });
}

const refusals: readonly (readonly [object, string])[] = [
  [{ maxAge: "0s" }, 'must be a duration with its unit, from "1s", like "5s"'],
  [{ minAge: 5 }, 'must be a duration with its unit, from "0ms", like "5s"'],
  [{ maxBytes: "1000" }, 'must be a size with its unit, from "1MiB", like "64MiB"'],
  [{ spool: { maxBytesPerSecond: "1B" } }, 'must be a size with its unit, from "1KiB", like "64KiB"'],
  [
    { maxEventBytes: "64MiB", maxPendingBytes: "1MiB" },
    "must be at most maxPendingBytes (1MiB): an event has to fit into what may wait to be durable",
  ],
];

for (const [section, message] of refusals) {
  test(`busConfigSchema says what may be written instead of ${JSON.stringify(section)}`, () => {
    assert.deepEqual(
      busConfigSchema.safeParse(section).error?.issues.map((issue) => issue.message),
      [message],
    );
  });
}

test("busConfigSchema describes every key, for the JSON Schema of editors", () => {
  const schema = z.toJSONSchema(busConfigSchema, { io: "input" });
  assert.deepEqual(Object.keys(schema.properties ?? {}), Object.keys(busConfigSchema.shape));
  const check = ({ properties = {} }: z.core.JSONSchema.JSONSchema, path: string) => {
    for (const [key, property] of Object.entries(properties)) {
      assert.ok(typeof property === "object" && (property.description?.length ?? 0) > 20, path + key);
      check(property as z.core.JSONSchema.JSONSchema, `${path}${key}.`);
    }
  };
  check(schema, "bus.");
});

const partsFor = (dataDir: string) => ({
  dataDir,
  name: "test",
  logger: silentLogger,
  meter: new MemoryMeter(),
  clock: systemClock,
});

test("openBus() opens the log in the data directory and counts what happens to it", async () => {
  await using directory = await temporaryDirectory();
  const parts = partsFor(directory.path);
  const { meter } = parts;
  await using bus = await openBus(busConfigSchema.parse({ maxEventBytes: "1KiB" }), parts);
  const event = {
    id: "1",
    source: "/test",
    type: "dev.fairlead.tcp.records",
    time: new Date().toISOString(),
  };
  const publish = (data: Buffer) =>
    bus.publish({ ...event, datacontenttype: "text/plain", data, extensions: {} });
  await publish(Buffer.from("hello"));
  await assert.rejects(publish(Buffer.alloc(2_000)), { code: "EVENT_TOO_LARGE" });
  await meter.scrape();
  assert.equal(meter.value("fairlead_bus_published_events_total"), 1);
  assert.equal(meter.value("fairlead_bus_refused_events_total", { reason: "event-too-large" }), 1);
  assert.equal(meter.value("fairlead_bus_last_offset"), 1);
  assert.equal(meter.value("fairlead_bus_can_accept"), 1);
  await meter.scrape();
  assert.equal(meter.value("fairlead_bus_commits_total"), 1, "counted once, however often it is scraped");
  assert.ok(meter.value("fairlead_bus_stored_bytes") > 0);
});

test("amqpBusOptions() takes a spool relative to the data directory", () => {
  const amqp = { url: "amqp://127.0.0.1:1" };
  const config = busConfigSchema.parse({ amqp, spool: { path: "a/spool.db", maxBytesPerSecond: "1MiB" } });
  const { spool } = amqpBusOptions(config, config.amqp!, partsFor("/data"));
  assert.deepEqual(spool, { path: "/data/a/spool.db", maxBytes: 4 * 2 ** 30, maxBytesPerSecond: 1 << 20 });
});

test("openQueues() makes a file in the data directory, and none with an address of RabbitMQ, which may be away", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "queues.db");
  const amqp = { url: "amqp://guest:guest@127.0.0.1:1" };
  await using remote = await openQueues(busConfigSchema.parse({ amqp }), partsFor(directory.path));
  assert.equal(remote.health().canAccept, false);
  assert.ok(!existsSync(file));
  await using _queues = await openQueues(busConfigSchema.parse({}), partsFor(directory.path));
  assert.ok(existsSync(file));
});
