import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { errorCode, silentLogger } from "@fairlead/core";
import {
  eventually,
  freePort,
  rabbitMissing,
  skipOrFail,
  smallDisk,
  startProcess,
  startProxy,
} from "@fairlead/harness";
import type { Bus } from "../../src/bus.ts";
import { collect, history } from "../../src/contract/support.ts";
import { emptySpool } from "../../src/spool/operations.ts";
import { flipBit } from "../damage.ts";
import { auditInbox, auditLog } from "./audit.ts";
import { direct, eventOf, openTestBus, SharedRabbit, testTopology, usedAgain } from "./rabbit.ts";

/** Publishes numbered events of producer 0 without awaiting one before the next; the numbers that were acknowledged. */
async function publishAll(bus: Bus, count: number, eventBytes: number, first = 1): Promise<Set<number>> {
  const acknowledged = new Set<number>();
  const data = Buffer.alloc(eventBytes, "x");
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      await bus.publish(eventOf(`0:${first + index}`, { data }));
      acknowledged.add(first + index);
    }),
  );
  return acknowledged;
}

describe("the spool and the broker", { skip: skipOrFail(rabbitMissing()) }, () => {
  const shared = new SharedRabbit();
  after(() => shared[Symbol.asyncDispose]());

  test("the broker is absent at the start: 10,000 events are accepted, and reach it in order once it comes", async () => {
    const rabbit = await shared.clean();
    await rabbit.stop();
    await using under = await openTestBus(rabbit.url);
    const acknowledged = [await publishAll(under.bus, 10_000, 100)];
    assert.equal(acknowledged[0]?.size, 10_000);
    const { canAccept, spooledEvents } = under.bus.health();
    assert.deepEqual({ canAccept, spooledEvents }, { canAccept: true, spooledEvents: 10_000 });
    const said = () => under.bus.health().problems.join("; ");
    await eventually(
      () => /cannot be used since .*ECONNREFUSED.*; 10000 events wait in the spool since/.test(said()),
      () => `words about it: ${said()}`,
    );
    await rabbit.start();
    await direct(under.bus);
    await auditLog(under.bus, { acknowledged });
    await auditInbox(rabbit.url, { acknowledged });
  });

  test("the process is killed with a full spool: the next one empties it", async () => {
    const rabbit = await shared.clean();
    await using home = await openTestBus(rabbit.url);
    await home.bus[Symbol.asyncDispose]();
    const deadUrl = `amqp://guest:guest@127.0.0.1:${await freePort()}`;
    const script = fileURLToPath(new URL("publishing-process.ts", import.meta.url));
    const child = await startProcess(script, { args: [deadUrl, home.directory] });
    await child.waitForJson<{ refused: string[] }>(({ refused }) => refused.length > 0);
    await child.kill("SIGKILL");
    const said = child.stdout.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line));
    const refusals = new Set(said.flatMap(({ refused }) => refused));
    assert.deepEqual([...refusals], ["LOG_FULL"]);
    const acknowledged = [new Set<number>(said.flatMap(({ accepted }) => accepted))];
    assert.ok((acknowledged[0]?.size ?? 0) > 100);
    await using under = await openTestBus(rabbit.url, {
      directory: home.directory,
      spool: { maxBytes: 4 << 20 },
    });
    assert.ok((under.bus.health().spooledEvents ?? 0) >= (acknowledged[0]?.size ?? 0));
    await direct(under.bus);
    await auditLog(under.bus, { acknowledged });
    await auditInbox(rabbit.url, { acknowledged });
  });

  test("a bit of the spool has flipped: that event is counted, RabbitMQ gets the others", async () => {
    const rabbit = await shared.clean();
    const deadUrl = `amqp://guest:guest@127.0.0.1:${await freePort()}`;
    await using first = await openTestBus(deadUrl);
    const [acknowledged] = [await publishAll(first.bus, 500, 2_000)];
    // Marked, so that the bit can be found in the file.
    await first.bus.publish(eventOf("0:501", { data: Buffer.from("the one that is hit") }));
    for (const number of await publishAll(first.bus, 500, 2_000, 502)) acknowledged.add(number);
    await first.bus[Symbol.asyncDispose]();
    const path = join(first.directory, "spool.db");
    const bytes = readFileSync(path);
    const wanted = "the one that is hit";
    assert.ok(bytes.includes(wanted));
    // Everywhere: a page that was split keeps copies that are no longer valid.
    for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) flipBit(path, at);
    await using second = await openTestBus(rabbit.url, { directory: first.directory });
    await usedAgain(second);
    const { damagedEvents, spooledEvents, problems, canAccept } = second.bus.health();
    assert.deepEqual(
      { damagedEvents, spooledEvents, canAccept },
      { damagedEvents: 1, spooledEvents: 0, canAccept: true },
    );
    assert.match(problems.join("; "), /Spool: 1 events of .* were found damaged and set aside/);
    await auditLog(second.bus, { acknowledged: [acknowledged] });
    await auditInbox(rabbit.url, { acknowledged: [acknowledged] });
    assert.equal((await collect(second.bus, history)).length, 1_000);
  });

  test("the disk is full while the broker is away: producers are refused, emptying the spool frees it, all goes on", async (context) => {
    const { disk, reason } = await smallDisk(8 << 20);
    if (disk === undefined) return context.skip(String(skipOrFail(reason)));
    await using _unmounted = disk;
    const rabbit = await shared.clean();
    await using proxy = await startProxy({ port: rabbit.port });
    await using under = await openTestBus(`amqp://guest:guest@${proxy.host}:${proxy.port}`, {
      directory: disk.path,
    });
    await direct(under.bus);
    await proxy.setMode({ kind: "refuse" });
    await eventually(() => under.bus.mode === "spool", "the spool to take over");
    const acknowledged = new Set<number>();
    const data = Buffer.alloc(16_000, "x");
    const codes = new Set<string | undefined>();
    for (let number = 1; codes.size === 0; number++) {
      await under.bus.publish(eventOf(`0:${number}`, { data })).then(
        () => acknowledged.add(number),
        (error: unknown) => codes.add(errorCode(error)),
      );
    }
    assert.deepEqual([...codes], ["LOG_FULL"]);
    assert.ok(acknowledged.size > 50, `${acknowledged.size} were accepted`);
    assert.equal(under.bus.health().canAccept, false);
    assert.match(under.bus.health().problems.join("; "), /Spool: Cannot write .*its disk has no room/);
    // Somebody else fills what Fairlead keeps free on the disk: even then the spool is emptied, only forgetting has to wait.
    fillDisk(join(disk.path, "somebody-elses"));
    await proxy.setMode({ kind: "pass" });
    await usedAgain(under);
    for (const number of await publishAll(under.bus, 100, 100, 10_000)) acknowledged.add(number);
    writeFileSync(join(disk.path, "somebody-elses"), "");
    await direct(under.bus);
    await auditLog(under.bus, { acknowledged: [acknowledged] });
    await auditInbox(rabbit.url, { acknowledged: [acknowledged] });
    // What was confirmed is forgotten once there is room to do so: nothing is sent twice after a restart.
    await eventually(() => (under.bus.health().storedBytes ?? 0) < 1 << 20, "the spool to be emptied");
  });

  test("emptying keeps the rate that was set, and hurries at its end", async () => {
    const rabbit = await shared.clean();
    const deadUrl = `amqp://guest:guest@127.0.0.1:${await freePort()}`;
    await using first = await openTestBus(deadUrl);
    const acknowledged = await publishAll(first.bus, 556, 10_000);
    await first.bus[Symbol.asyncDispose]();
    const start = performance.now();
    await using under = await openTestBus(rabbit.url, {
      directory: first.directory,
      spool: { maxBytesPerSecond: 2_000_000 },
    });
    await eventually(() => (under.bus.health().spooledEvents ?? 0) < 556, "the first to leave the spool");
    for (const number of await publishAll(under.bus, 10, 100, 1_000)) acknowledged.add(number);
    await direct(under.bus);
    // 300 events of 10,000 bytes at 2 MB/s take 1.5 s; the last 256 take as long as the broker does.
    assert.ok(performance.now() - start > 1_000, `emptied after ${performance.now() - start} ms`);
    await auditLog(under.bus, { acknowledged: [acknowledged] });
  });

  test("emptySpool() sends what a service left behind, and refuses while one owns it", async () => {
    const rabbit = await shared.clean();
    const deadUrl = `amqp://guest:guest@127.0.0.1:${await freePort()}`;
    await using first = await openTestBus(deadUrl);
    const acknowledged = [await publishAll(first.bus, 2_000, 100)];
    const spool = { path: join(first.directory, "spool.db") };
    const options = { url: rabbit.url, name: "test", spool, topology: testTopology, logger: silentLogger };
    await assert.rejects(emptySpool(options), { code: "LOG_IN_USE" });
    await first.bus[Symbol.asyncDispose]();
    const left: number[] = [];
    const status = await emptySpool({ ...options, onProgress: (count) => left.push(count) });
    assert.deepEqual([status.events, status.damagedEvents, left.at(-1)], [0, 0, 0]);
    await auditInbox(rabbit.url, { acknowledged });
    const nowhere = { ...options, spool: { path: "/nowhere/spool.db" } };
    await assert.rejects(emptySpool(nowhere), { code: "BUS_FAILED" });
  });

  test("attributes and extensions, traceparent among them, come through spool and broker", async () => {
    const rabbit = await shared.clean();
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const event = eventOf("one", {
      subject: "Zürich 漢字",
      extensions: { traceparent, recordcount: 3, sampled: true },
    });
    const deadUrl = `amqp://guest:guest@127.0.0.1:${await freePort()}`;
    await using first = await openTestBus(deadUrl);
    await first.bus.publish(event);
    await first.bus[Symbol.asyncDispose]();
    await using under = await openTestBus(rabbit.url, { directory: first.directory });
    await direct(under.bus);
    const [logged] = await collect(under.bus, history);
    assert.deepEqual(
      { ...logged?.event, data: String(logged?.event.data) },
      { ...event, data: String(event.data) },
    );
  });
});

function fillDisk(path: string): void {
  for (let bytes = 8 << 20; bytes >= 4_096; ) {
    try {
      writeFileSync(path, Buffer.alloc(bytes), { flag: "a" });
    } catch {
      bytes >>= 1;
    }
  }
}
