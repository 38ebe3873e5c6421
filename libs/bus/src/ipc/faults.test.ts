import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../test/temporary.ts";
import type { Bus, LoggedEvent, TailOptions } from "../bus.ts";
import { collect, eventOf, history, idsOf, range } from "../contract/support.ts";
import { BusError } from "../errors.ts";
import { openSqliteBus } from "../sqlite/sqlite-bus.ts";
import { openIpcBus } from "./ipc-bus.ts";
import { serveBus } from "./serve.ts";

const script = (name: string) => new URL(`../../test/${name}`, import.meta.url);
const forkScript = (name: string, path: string) =>
  fork(script(name), [path], {
    serialization: "advanced",
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });

test("the owner dies: publishes, tails and what comes after reject with BUS_FAILED", async () => {
  using directory = temporaryDirectory();
  const owner = forkScript("owner.ts", join(directory.path, "events.db"));
  const exited = once(owner, "exit");
  await using bus = await openIpcBus(owner);
  await bus.publish(eventOf("before"));
  const tail = bus.tail({ after: 0 })[Symbol.asyncIterator]();
  await tail.next();
  const waiting = assert.rejects(tail.next(), { code: "BUS_FAILED", retryable: true });
  owner.kill("SIGSTOP");
  const published = assert.rejects(bus.publish(eventOf("during")), { code: "BUS_FAILED", retryable: true });
  owner.kill("SIGKILL");
  await Promise.all([exited, waiting, published]);
  await assert.rejects(bus.publish(eventOf("after")), { code: "BUS_FAILED" });
  assert.throws(() => bus.tail(history), { code: "BUS_FAILED" });
  const { canAccept, problems } = bus.health();
  assert.equal(canAccept, false);
  assert.match(problems.join(), /channel to it is closed/);
});

test("openIpcBus() rejects with BUS_FAILED in a process that has no channel", async () => {
  const port = { on: () => {}, off: () => {} };
  await assert.rejects(openIpcBus(port), { code: "BUS_FAILED" });
});

/** A bus that counts the tails that run. */
function countTails(bus: Bus) {
  let running = 0;
  let onNone = () => {};
  const counted: Bus = {
    publish: (event) => bus.publish(event),
    health: () => bus.health(),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
    async *tail(options: TailOptions): AsyncGenerator<LoggedEvent> {
      running++;
      try {
        yield* bus.tail(options);
      } finally {
        if (--running === 0) onNone();
      }
    },
  };
  const none = () =>
    new Promise<void>((resolve) => {
      onNone = resolve;
      if (running === 0) resolve();
    });
  return { counted, none, running: () => running };
}

test("the worker dies: its tails end, what it had published stays", async () => {
  using directory = temporaryDirectory();
  await using bus = await openSqliteBus({ path: join(directory.path, "events.db") });
  const { counted, none, running } = countTails(bus);
  const worker = forkScript("worker.ts", "");
  using _served = serveBus(worker, counted);
  // The worker opens two tails, publishes, and says so with an event of its own.
  for await (const { event } of bus.tail({ after: 0 })) if (event.id === "said") break;
  assert.equal(running(), 2);
  const exited = once(worker, "exit");
  worker.kill("SIGKILL");
  await exited;
  await none();
  assert.deepEqual(idsOf(await collect(bus, history)), [...range(100), "said"]);
});

test("errors of the owner's bus arrive with their code, text and retryable", async () => {
  using directory = temporaryDirectory();
  await using bus = await openSqliteBus({ path: join(directory.path, "events.db") });
  const refusing: Bus = {
    ...countTails(bus).counted,
    publish: () => Promise.reject(new BusError("LOG_FULL", "Cannot write: full")),
    tail: () => {
      throw new BusError("BUS_CLOSED", "Cannot read: closed");
    },
  };
  const worker = forkScript("refused-worker.ts", "");
  using _served = serveBus(worker, refusing);
  const [told] = await new Promise<unknown[]>((resolve) => {
    worker.on("message", (message) => {
      if (Array.isArray(message)) resolve(message);
    });
  });
  assert.deepEqual(told, [
    ["BusError", "LOG_FULL", "Cannot write: full", true],
    ["BusError", "BUS_CLOSED", "Cannot read: closed", false],
  ]);
  const exited = once(worker, "exit");
  worker.disconnect();
  await exited;
});
