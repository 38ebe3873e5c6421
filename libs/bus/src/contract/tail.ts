import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bus, LoggedEvent } from "../bus.ts";
import { collect, eventOf, history, idsOf, type OpenBusUnderTest, range } from "./support.ts";

const publishAll = (bus: Bus, ids: readonly string[], bytes = 10) =>
  Promise.all(ids.map((id) => bus.publish(eventOf(id, { data: Buffer.alloc(bytes, id) }))));

const patterns: readonly (readonly [readonly string[], readonly string[]])[] = [
  [["#"], ["tcp.opened", "tcp.records", "udp.records", "job.fetch.finished"]],
  [["tcp.*"], ["tcp.opened", "tcp.records"]],
  [["*.records"], ["tcp.records", "udp.records"]],
  [["job.#"], ["job.fetch.finished"]],
  [["*"], []],
  [
    ["tcp.opened", "udp.#", "tcp.*"],
    ["tcp.opened", "tcp.records", "udp.records"],
  ],
  [[], []],
];

export function tailCases(open: OpenBusUnderTest): void {
  test("tail() of an empty bus ends at once without follow", async () => {
    await using under = await open();
    assert.deepEqual(await collect(under.bus, history), []);
  });

  test("tail() resumes after any offset without a gap or a repeat", async () => {
    await using under = await open();
    await publishAll(under.bus, range(20));
    const all = await collect(under.bus, history);
    for (const [index, { offset }] of all.entries()) {
      const rest = await collect(under.bus, { after: offset, follow: false });
      assert.deepEqual(idsOf(rest), range(19 - index, index + 1));
    }
  });

  test("tail() without follow ends at what is the last event at the time of the call", async () => {
    await using under = await open();
    await publishAll(under.bus, range(5));
    const tail = under.bus.tail(history);
    await publishAll(under.bus, range(5, 5));
    const logged: LoggedEvent[] = [];
    for await (const one of tail) logged.push(one);
    assert.deepEqual(idsOf(logged), range(5));
  });

  test('tail() after "end" gives what comes after the call', async () => {
    await using under = await open();
    await publishAll(under.bus, range(5));
    const tail = under.bus.tail({ after: "end" });
    await publishAll(under.bus, range(5, 5));
    const logged: LoggedEvent[] = [];
    for await (const one of tail) if (logged.push(one) === 5) break;
    assert.deepEqual(idsOf(logged), range(5, 5));
  });

  for (const [types, expected] of patterns) {
    test(`tail() gives what matches ${JSON.stringify(types)}, from the log and live`, async () => {
      await using under = await open();
      const keys = ["tcp.opened", "tcp.records", "udp.records", "job.fetch.finished"];
      const publishKeys = () =>
        Promise.all(keys.map((key) => under.bus.publish(eventOf(key, { type: `dev.fairlead.${key}` }))));
      await publishKeys();
      const live = collect(under.bus, { after: 0, types }, expected.length * 2);
      assert.deepEqual(idsOf(await collect(under.bus, { ...history, types })), expected);
      await publishKeys();
      assert.deepEqual(idsOf(await live), [...expected, ...expected]);
    });
  }

  test("tail() goes from the log to what is live without a gap or a repeat, for many readers at once", async () => {
    await using under = await open();
    await publishAll(under.bus, range(300), 2_000);
    const readers = range(12).map(async (reader) => {
      const logged: LoggedEvent[] = [];
      for await (const one of under.bus.tail({ after: 0 })) {
        if (logged.push(one) === 1_500) break;
        // Some readers are slow: they must be served from the log when they fall behind.
        if (Number(reader) % 3 === 0 && logged.length % 50 === 0) await new Promise(setImmediate);
      }
      return idsOf(logged);
    });
    for (let first = 300; first < 1_500; first += 100) await publishAll(under.bus, range(100, first), 2_000);
    for (const ids of await Promise.all(readers)) assert.deepEqual(ids, range(1_500));
  });

  test("tail() serves a reader that stood still while much was published", async () => {
    await using under = await open();
    await under.bus.publish(eventOf(0));
    const reader = under.bus.tail({ after: 0 })[Symbol.asyncIterator]();
    assert.equal((await reader.next()).value.event.id, "0");
    for (let id = 1; id <= 40; id++) await publishAll(under.bus, [String(id)], 500_000);
    for (let id = 1; id <= 40; id++) assert.equal((await reader.next()).value.event.id, String(id));
    await reader.return?.();
  });

  test("tail() ends without an error when the signal fires: while it waits, between events, and before", async () => {
    await using under = await open();
    await publishAll(under.bus, range(3));
    const waiting = new AbortController();
    const seen: string[] = [];
    for await (const { event } of under.bus.tail({ after: 0, signal: waiting.signal })) {
      if (seen.push(event.id) === 3) setImmediate(() => waiting.abort());
    }
    assert.deepEqual(seen, range(3));
    const between = new AbortController();
    for await (const _ of under.bus.tail({ after: 0, signal: between.signal })) between.abort();
    assert.deepEqual(await collect(under.bus, { after: 0, signal: AbortSignal.abort() }), []);
  });

  test("tail() that is left early leaves the others alone", async () => {
    await using under = await open();
    await publishAll(under.bus, range(10));
    const other = collect(under.bus, { after: 0 }, 20);
    assert.equal((await collect(under.bus, { after: 0 }, 1)).length, 1);
    await publishAll(under.bus, range(10, 10));
    assert.deepEqual(idsOf(await other), range(20));
  });

  test("tail() that waits is told BUS_CLOSED when the bus is disposed", async () => {
    await using under = await open();
    await under.bus.publish(eventOf(1));
    const tail = under.bus.tail({ after: 0 })[Symbol.asyncIterator]();
    await tail.next();
    const next = assert.rejects(tail.next(), { code: "BUS_CLOSED" });
    await under.bus[Symbol.asyncDispose]();
    await next;
  });
}
