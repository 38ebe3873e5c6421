import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import type { LoggedEvent } from "../src/bus.ts";
import { collect, eventOf, history, idsOf, range } from "../src/contract/support.ts";
import { openSqliteBus, type SqliteBus } from "../src/sqlite/sqlite-bus.ts";
import { temporaryDirectory } from "./temporary.ts";

/** Resolves when the bus accepts again. */
async function untilUp(bus: SqliteBus): Promise<void> {
  while (!bus.health().canAccept) await new Promise(setImmediate);
}

test("the thread dies: what is pending is refused with BUS_FAILED, health says so, and it is started again", async () => {
  using directory = temporaryDirectory();
  await using bus = await openSqliteBus({ path: join(directory.path, "events.db") });
  await bus.publish(eventOf("before"));
  const worker = bus.worker!;
  const exited = once(worker, "exit");
  void worker.terminate();
  const pending = Promise.allSettled(range(100).map((id) => bus.publish(eventOf(id))));
  await exited;
  for (const result of await pending) {
    if (result.status === "fulfilled") continue;
    assert.equal(result.reason.code, "BUS_FAILED");
    assert.equal(result.reason.retryable, true);
  }
  const { canAccept, isDegraded, problems } = bus.health();
  assert.deepEqual({ canAccept, isDegraded }, { canAccept: false, isDegraded: true });
  assert.match(problems.join(), /its thread ended/);
  await assert.rejects(bus.publish(eventOf("while down")), { code: "BUS_FAILED", retryable: true });
  await untilUp(bus);
  await bus.publish(eventOf("after"));
  const ids = idsOf(await collect(bus, history));
  assert.equal(ids[0], "before");
  assert.equal(ids.at(-1), "after");
  assert.ok(!ids.includes("while down"));
  assert.deepEqual(bus.health().problems, []);
});

test("the thread dies: tails go on without a gap or a repeat", async () => {
  using directory = temporaryDirectory();
  await using bus = await openSqliteBus({ path: join(directory.path, "events.db") });
  const logged: LoggedEvent[] = [];
  const live = (async () => {
    for await (const one of bus.tail({ after: 0 })) if (logged.push(one) === 300) return;
  })();
  for (let round = 0; round < 3; round++) {
    await Promise.all(range(100, round * 100).map((id) => bus.publish(eventOf(id))));
    const exited = once(bus.worker!, "exit");
    void bus.worker!.terminate();
    await exited;
    await untilUp(bus);
  }
  await live;
  assert.deepEqual(idsOf(logged), range(300));
});

test("disposing while the thread is away ends at once and lets the lock go", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  const bus = await openSqliteBus({ path });
  const exited = once(bus.worker!, "exit");
  void bus.worker!.terminate();
  await exited;
  await bus[Symbol.asyncDispose]();
  await using again = await openSqliteBus({ path });
  assert.equal(again.health().canAccept, true);
});
