import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { CloudEvent } from "@fairlead/contracts";
import { type Clock, systemClock } from "@fairlead/core";
import fc from "fast-check";
import type { LoggedEvent } from "../bus.ts";
import { BusError } from "../errors.ts";
import { SpooledPublisher, type SpoolItem } from "./spooled-publisher.ts";
import type { SpoolPortion, SpoolStore } from "./store.ts";

/** Events whose memory was given back. */
const recycled = new WeakSet<CloudEvent>();

/** A store that keeps its rows in memory, with room for so many. */
class MemoryStore implements SpoolStore {
  rows: LoggedEvent[] = [];
  lastOffset = 0;
  room = Number.POSITIVE_INFINITY;
  /** Offsets that cannot be read. */
  readonly damaged = new Set<number>();
  /** Reads and deletions that fail before one succeeds. */
  failures = 0;

  get storedEvents(): number {
    return this.rows.length;
  }

  async append(event: CloudEvent): Promise<number> {
    // In the order of the calls, durable a little later and there for readers only then, as the real one.
    await turn();
    if (this.rows.length >= this.room)
      throw new BusError("LOG_FULL", "Cannot append: full", { retryable: true });
    const offset = ++this.lastOffset;
    this.rows.push({ offset, event });
    return offset;
  }

  /** Up to three rows. */
  async readPortion(after: number): Promise<SpoolPortion> {
    await turn();
    this.#failIfTold();
    const rows = this.rows.filter(({ offset }) => offset > after).slice(0, 3);
    const sound = rows.filter(({ offset }) => !this.damaged.has(offset));
    const events = sound.map(({ offset, event }) => ({ offset, event: { ...event } }));
    return { events, scannedThrough: rows.at(-1)?.offset ?? this.lastOffset };
  }

  recycle({ events }: SpoolPortion): void {
    for (const { event } of events) recycled.add(event);
  }

  async deleteThrough(through: number): Promise<void> {
    await turn();
    this.#failIfTold();
    this.rows = this.rows.filter(({ offset }) => offset > through);
  }

  #failIfTold(): void {
    if (this.failures === 0) return;
    this.failures--;
    throw new BusError("BUS_FAILED", "Cannot use the store: a test says so");
  }

  health() {
    const counts = { pendingEvents: 0, pendingBytes: 0, lastOffset: this.lastOffset };
    return { canAccept: true, isDegraded: false, problems: [], ...counts };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A broker that takes a window of messages and answers when the test says so. */
class ToyBroker {
  isReady = false;
  window: SpoolItem[] = [];
  /** Everything that arrived, repeats included. */
  readonly delivered: string[] = [];
  /** Everything that was handed back without an outcome. */
  readonly abandoned: string[] = [];
  spooled!: SpooledPublisher;
  readonly #maxWindow: number;

  constructor(maxWindow: number) {
    this.#maxWindow = maxWindow;
  }

  hasRoom(): boolean {
    return this.isReady && this.window.length < this.#maxWindow;
  }

  send(item: SpoolItem): void {
    assert.ok(this.hasRoom(), "send() without room");
    this.window.push(item);
  }

  confirm(count: number): void {
    const items = this.window.splice(0, count);
    for (const { event } of items) {
      assert.ok(!recycled.has(event), `the memory of ${event.id} was given back before its confirm`);
      this.delivered.push(event.id);
    }
    if (items.length > 0) this.spooled.confirmed(items);
  }

  ready(): void {
    if (this.isReady) return;
    this.isReady = true;
    this.spooled.ready();
  }

  /** The link is lost; the first `arrived` of the window had reached the broker. */
  fail(arrived: number): void {
    if (!this.isReady) return;
    this.isReady = false;
    const abandoned = this.window;
    this.window = [];
    for (const { event } of abandoned.slice(0, arrived)) this.delivered.push(event.id);
    for (const { event } of abandoned) this.abandoned.push(event.id);
    this.spooled.trouble(abandoned);
  }
}

function numbered(id: number): CloudEvent {
  const data = Buffer.from(String(id));
  const time = new Date().toISOString();
  return {
    id: String(id),
    source: "/t",
    type: "t",
    time,
    datacontenttype: "text/plain",
    data,
    extensions: {},
  };
}

/** Waits take one turn of the loop. */
const clock: Clock = {
  ...systemClock,
  sleep: () => turn(),
  timer(_ms, callback) {
    const immediate = setImmediate(callback);
    return { [Symbol.dispose]: () => clearImmediate(immediate) };
  },
};

function build(windowSize: number, limits = { maxPendingEvents: 1_000, maxPendingBytes: 1_000_000 }) {
  const store = new MemoryStore();
  const broker = new ToyBroker(windowSize);
  const spooled = new SpooledPublisher({ store, ...limits, clock }, broker, {
    confirmedThrough: 0,
    sinceMs: undefined,
  });
  broker.spooled = spooled;
  return { store, broker, spooled };
}

/** The ids in the order of their first arrival. */
const firstArrivals = (ids: readonly string[]) => [...new Set(ids)].map(Number);

async function settle(broker: ToyBroker, spooled: SpooledPublisher): Promise<void> {
  broker.ready();
  for (let idle = 0; idle < 20; ) {
    const before = broker.delivered.length;
    broker.confirm(1_000);
    await turn();
    idle = broker.delivered.length === before && spooled.mode === "direct" ? idle + 1 : 0;
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("publish" as const), count: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("confirm" as const), count: fc.integer({ min: 1, max: 8 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const), count: fc.nat(8) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("ready" as const), count: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("damage" as const), count: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("failStore" as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("turn" as const), count: fc.integer({ min: 1, max: 5 }) }),
  },
);

test("SpooledPublisher loses nothing that it accepted and keeps the order, whatever the broker does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 6 }),
      async (steps, windowSize) => {
        const { store, broker, spooled } = build(windowSize);
        let next = 0;
        const accepted: number[] = [];
        const hit = new Set<number>();
        const publish = async (id: number) => {
          await spooled.publish(numbered(id));
          const isSafe =
            broker.delivered.includes(String(id)) || store.rows.some((row) => row.event.id === String(id));
          assert.ok(isSafe, `${id} was accepted and is neither confirmed nor stored`);
          accepted.push(id);
        };
        const damage = (row: LoggedEvent | undefined) => {
          // What is on its way to the broker already is not hit any more.
          if (row === undefined || broker.isReady) return;
          store.damaged.add(row.offset);
          hit.add(Number(row.event.id));
        };
        const actions = {
          publish: (count: number) => {
            for (let i = 0; i < count; i++) void publish(++next);
          },
          confirm: (count: number) => broker.confirm(count),
          fail: (count: number) => broker.fail(count),
          ready: () => broker.ready(),
          failStore: (count: number) => {
            store.failures = count;
          },
          damage: (index: number) => damage(store.rows[index]),
        };
        for (const { do: action, count } of steps) {
          if (action === "turn") for (let i = 0; i < count; i++) await turn();
          else actions[action](count);
        }
        await settle(broker, spooled);
        const all = Array.from({ length: next }, (_, index) => index + 1);
        assert.deepEqual(
          accepted.toSorted((a, b) => a - b),
          all,
        );
        const arrived = firstArrivals(broker.delivered);
        assert.deepEqual(
          arrived,
          arrived.toSorted((a, b) => a - b),
        );
        const times = (ids: readonly string[], id: number) => ids.filter((one) => one === `${id}`).length;
        assert.deepEqual(
          all.filter((id) => times(broker.delivered, id) > 1 + times(broker.abandoned, id)),
          [],
          "sent again without need",
        );
        assert.deepEqual(
          all.filter((id) => !hit.has(id) && !arrived.includes(id)),
          [],
        );
        for (let turns = 0; store.rows.length > 0 && turns < 50; turns++) await turn();
        assert.equal(store.rows.length, 0);
        assert.equal(spooled.backlog.events, 0);
        assert.deepEqual(spooled.pending, { events: 0, bytes: 0 });
        await spooled[Symbol.asyncDispose]();
      },
    ),
    { numRuns: 1_000 },
  );
});

test("SpooledPublisher sends once what is appended while the spool is emptied, and counts it exactly", async () => {
  const { store, broker, spooled } = build(4);
  let last = 0;
  for (; last < 1_000; last++) void spooled.publish(numbered(last + 1));
  while (spooled.pending.events > 0) await turn();
  broker.ready();
  // Every portion is read while the store grows; fewer are left than were, until new events wait for the end.
  while (spooled.mode === "spool") {
    void spooled.publish(numbered(++last));
    broker.confirm(3);
    await turn();
    const waiting = last - broker.delivered.length - spooled.pending.events;
    if (spooled.mode === "spool") assert.equal(spooled.backlog.events, waiting);
  }
  await settle(broker, spooled);
  assert.deepEqual(
    broker.delivered,
    Array.from({ length: last }, (_, index) => String(index + 1)),
  );
  assert.deepEqual([store.rows.length, spooled.backlog.events], [0, 0]);
  await spooled[Symbol.asyncDispose]();
});

test("SpooledPublisher comes to the end of the spool though producers never pause and the store is faster than the broker", async () => {
  const { store, broker, spooled } = build(16, { maxPendingEvents: 300, maxPendingBytes: 2 ** 40 });
  const data = Buffer.alloc(1 << 20);
  await Promise.all(Array.from({ length: 300 }, (_, id) => spooled.publish({ ...numbered(id + 1), data })));
  let isOver = false;
  let last = 300;
  const produce = async () => {
    while (!isOver) await spooled.publish({ ...numbered(++last), data });
  };
  const producers = Array.from({ length: 100 }, produce);
  broker.ready();
  for (let turns = 0; spooled.mode !== "direct" && turns < 5_000; turns++) {
    broker.confirm(8);
    await turn();
  }
  assert.equal(spooled.mode, "direct");
  isOver = true;
  await settle(broker, spooled);
  await Promise.all(producers);
  const arrived = firstArrivals(broker.delivered);
  assert.deepEqual(
    arrived,
    Array.from({ length: last }, (_, index) => index + 1),
  );
  assert.equal(store.rows.length, 0);
  await spooled[Symbol.asyncDispose]();
});

test("SpooledPublisher.publish() refuses when the spool is full and takes again when there is room", async () => {
  const { store, broker, spooled } = build(4);
  store.room = 2;
  await spooled.publish(numbered(1));
  await spooled.publish(numbered(2));
  await assert.rejects(spooled.publish(numbered(3)), { code: "LOG_FULL", retryable: true });
  await settle(broker, spooled);
  const late = spooled.publish(numbered(4));
  broker.confirm(1);
  await late;
  assert.deepEqual(firstArrivals(broker.delivered), [1, 2, 4]);
  await spooled[Symbol.asyncDispose]();
});

test("SpooledPublisher.publish() refuses more than may be pending", async () => {
  const { broker, spooled } = build(4);
  broker.ready();
  await turn();
  const pending = Array.from({ length: 1_000 }, (_, id) => spooled.publish(numbered(id)));
  await assert.rejects(spooled.publish(numbered(1_000)), { code: "BUS_OVERLOADED", retryable: true });
  await settle(broker, spooled);
  await Promise.all(pending);
  await spooled[Symbol.asyncDispose]();
});

test("SpooledPublisher.publish() refuses for good what alone is more than may be pending", async () => {
  const { spooled } = build(4);
  const large = { ...numbered(1), data: Buffer.alloc(1_000_001) };
  await assert.rejects(spooled.publish(large), { code: "EVENT_TOO_LARGE", retryable: false });
  await spooled[Symbol.asyncDispose]();
});

test("SpooledPublisher.close() gives every pending event an outcome though the broker is silent", async () => {
  const { store, broker, spooled } = build(4);
  broker.ready();
  await turn();
  const pending = Array.from({ length: 10 }, (_, id) => spooled.publish(numbered(id)));
  await spooled.close(1, () => broker.fail(0));
  await Promise.all(pending);
  assert.equal(store.rows.length, 10);
  await assert.rejects(spooled.publish(numbered(11)), { code: "BUS_CLOSED" });
  await spooled[Symbol.asyncDispose]();
});
