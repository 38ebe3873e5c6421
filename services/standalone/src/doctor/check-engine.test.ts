import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { silentLogger, systemClock } from "@fairlead/core";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import { busConfigSchema, loadServicesConfig, openBus } from "@fairlead/engine";
import {
  eventually,
  freePort,
  rabbitMissing,
  redisMissing,
  skipOrFail,
  startRabbit,
  startRedis,
  temporaryDirectory,
} from "@fairlead/harness";
import { checkEngine } from "./check-engine.ts";

async function check(env: Record<string, string>, config: object = {}, eventTypes = ["tcp.records"]) {
  await using directory = await temporaryDirectory();
  await writeFile(directory.file("fairlead.yaml"), JSON.stringify(config));
  const { values } = loadServicesConfig({
    services: [],
    env: { ...env, FAIRLEAD_DATA_DIR: directory.path },
    cwd: directory.path,
  });
  return checkEngine(values, eventTypes);
}

/** A server that has other work may answer later than the doctor waits: then the doctor is asked once more. */
async function checkAnswered(env: Record<string, string>, config: object = {}) {
  for (;;) {
    const findings = await check(env, config);
    if (!findings.some(({ words }) => words.includes("until it answers"))) return findings;
  }
}

test("checkEngine() has nothing to say about the embedded engine", async () => {
  assert.deepEqual(await check({}), []);
});

test("checkEngine() says what waits for servers that are away, and shows no password", async () => {
  const [amqp, redis] = [await freePort(), await freePort()];
  const findings = await check({
    FAIRLEAD_AMQP_URL: `amqp://user:s3cret@127.0.0.1:${amqp}`,
    FAIRLEAD_REDIS_URL: `redis://:s3cret@127.0.0.1:${redis}`,
  });
  assert.deepEqual(
    findings.map(({ subject, status }) => [subject, status]),
    [
      [`RabbitMQ at 127.0.0.1:${amqp}`, "warning"],
      ["where events end up", "warning"],
      [`Redis at 127.0.0.1:${redis}`, "warning"],
    ],
  );
  assert.match(findings[0]!.words, /waits in the spool/);
  assert.doesNotMatch(JSON.stringify(findings), /s3cret/);
});

const inboxes: readonly [inbox: string[], left: RegExp | undefined][] = [
  [[], /own, tcp\.records, tcp\.closed, udp\.syslog reach the log stream only/],
  [["tcp.*"], /own, udp\.syslog reach/],
  [["#.records", "*.syslog"], /own, tcp\.closed reach/],
  [["tcp.*", "udp.#"], undefined],
];
for (const [inbox, left] of inboxes) {
  test(`checkEngine() names the events that reach the stream alone with the inbox ${JSON.stringify(inbox)}`, async () => {
    const env = { FAIRLEAD_AMQP_URL: `amqp://127.0.0.1:${await freePort()}` };
    const findings = await check(env, { bus: { inbox } }, ["tcp.records", "tcp.closed", "udp.syslog"]);
    const about = findings.find(({ subject }) => /events end up/.test(subject));
    if (left === undefined) assert.equal(about, undefined);
    else {
      assert.match(String(about?.words), left);
      assert.match(String(about?.advice), /\["tcp\.#","udp\.#"\] takes all/);
    }
  });
}

test("checkEngine() asks after no events where no service publishes any", async () => {
  const findings = await check({ FAIRLEAD_AMQP_URL: `amqp://127.0.0.1:${await freePort()}` }, {}, []);
  assert.equal(findings.length, 1);
});

test("checkEngine() finds servers that answer", {
  skip: skipOrFail(rabbitMissing() ?? redisMissing()),
}, async () => {
  await using rabbit = await startRabbit();
  await using redis = await startRedis();
  const findings = await checkAnswered({ FAIRLEAD_AMQP_URL: rabbit.url, FAIRLEAD_REDIS_URL: redis.url });
  assert.deepEqual(
    findings.map(({ status }) => status),
    ["ok", "warning", "ok"],
  );
  assert.match(findings[0]!.words, /^version \d+\.\d+\.\d+ answers$/);

  const inbox = { bus: { inbox: ["#"] } };
  const checkWithInbox = () => checkAnswered({ FAIRLEAD_AMQP_URL: rabbit.url }, inbox);
  await using directory = await temporaryDirectory();
  const config = busConfigSchema.parse({ amqp: { url: rabbit.url }, inbox: ["#"] });
  await using bus = await openBus(config, {
    dataDir: directory.path,
    logger: silentLogger,
    meter: new MemoryMeter(),
    name: "test",
    clock: systemClock,
  });
  await eventually(() => bus.health().isDirect === true, "the bus to be ready");
  assert.equal((await checkWithInbox()).length, 1, "an empty inbox is no trouble");
  const data = Buffer.from("hello\n");
  const event = { id: "1", source: "/test", time: new Date().toISOString(), data, extensions: {} };
  await bus.publish({
    ...event,
    type: "dev.fairlead.tcp.records",
    datacontenttype: "application/octet-stream",
  });
  const [, unread] = await checkWithInbox();
  assert.deepEqual([unread?.subject, unread?.status], ["the inbox queue", "warning"]);
  assert.match(
    unread!.words,
    /^1 events wait in fairlead.inbox.v1 and nobody reads them: at 1GiB it is full/,
  );
});
