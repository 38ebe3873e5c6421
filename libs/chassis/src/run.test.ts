import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { FairleadError } from "@fairlead/core";
import { ManualClock } from "@fairlead/core/manual-clock";
import { ConfigError } from "./config/errors.ts";
import { type HostProcess, type RunContext, run } from "./run.ts";

function stage() {
  const events = new EventEmitter();
  const seen = { code: 0, exits: [] as number[], said: [] as string[] };
  const host: HostProcess = {
    events,
    setExitCode: (code) => {
      seen.code = code;
    },
    exit: (code) => seen.exits.push(code),
    openResources: () => ["TCPServerWrap"],
    say: (text) => seen.said.push(text),
  };
  const clock = new ManualClock();
  const start = (main: (context: RunContext) => Promise<void>, shutdownMs = 5_000) =>
    run(main, { name: "x", process: host, clock, shutdownMs, crashDrainMs: 2_000 });
  return { events, seen, clock, start };
}

const untilStopped = async ({ signal }: RunContext) => {
  if (!signal.aborted) await once(signal, "abort");
};

test("run() ends with 0 and without exit() when main drains after SIGTERM", async () => {
  const { events, seen, start } = stage();
  const running = start(untilStopped);
  events.emit("SIGTERM", "SIGTERM");
  await running;
  assert.deepEqual(seen, { code: 0, exits: [], said: [] });
});

test("run() takes two signals within a second as one, and exits at a later second one", async () => {
  const { events, seen, clock, start } = stage();
  const running = start(() => new Promise(() => {}));
  events.emit("SIGINT", "SIGINT");
  await clock.advance(900);
  events.emit("SIGINT", "SIGINT");
  assert.deepEqual(seen.exits, []);
  await clock.advance(200);
  events.emit("SIGINT", "SIGINT");
  assert.deepEqual(seen.exits, [1]);
  assert.match(seen.said[0] ?? "", /SIGINT was received again/);
  void running;
});

test("run() exits with 1 when the drain exceeds its limit, and says what is open", async () => {
  const { events, seen, clock, start } = stage();
  void start(async ({ configure }) => {
    configure({ shutdownMs: 3_000 });
    await new Promise(() => {});
  });
  events.emit("SIGTERM", "SIGTERM");
  await clock.advance(2_999);
  assert.deepEqual(seen.exits, []);
  await clock.advance(1);
  assert.deepEqual(seen.exits, [1]);
  assert.match(seen.said[0] ?? "", /still open after 3000 ms: TCPServerWrap/);
});

for (const event of ["uncaughtException", "unhandledRejection"]) {
  test(`run() drains after ${event}, within its own limit, and ends with 1`, async () => {
    const { events, seen, clock, start } = stage();
    const drained = start(untilStopped);
    events.emit(event, new Error("boom"));
    await drained;
    assert.equal(seen.code, 1);
    assert.deepEqual(seen.exits, []);
    assert.match(seen.said[0] ?? "", /an error that nobody caught: Error: boom/);

    const stuck = stage();
    void stuck.start(() => new Promise(() => {}));
    stuck.events.emit(event, new Error("boom"));
    await stuck.clock.advance(2_000);
    assert.deepEqual(stuck.seen.exits, [1]);
    await clock.advance(0);
  });
}

for (const [what, error, code, said] of [
  ["an unusable configuration", new ConfigError("CONFIG_INVALID", "f.yaml", []), 78, /^x: Cannot use f.yaml/],
  [
    "wrong usage",
    new FairleadError("USAGE", "Cannot parse the arguments"),
    2,
    /^x: Cannot parse the arguments$/,
  ],
  [
    "one of our errors",
    new FairleadError("BUS_FAILED", "Cannot open the log"),
    1,
    /^x: Cannot open the log$/,
  ],
  ["a defect", new TypeError("undefined is not"), 1, /^x: TypeError: undefined is not\n {4}at /],
] as const) {
  test(`run() ends with ${code} for ${what}`, async () => {
    const { seen, start } = stage();
    await start(() => Promise.reject(error));
    assert.equal(seen.code, code);
    assert.match(seen.said[0] ?? "", said);
  });
}

test("run() ends with 0 when a signal stops main while it is starting", async () => {
  const { events, seen, start } = stage();
  const running = start(async ({ signal }) => {
    await once(signal, "abort");
    signal.throwIfAborted();
  });
  events.emit("SIGTERM", "SIGTERM");
  await running;
  assert.deepEqual(seen, { code: 0, exits: [], said: [] });
});

test("remainingMs() counts down from the signal, and from the shorter limit after a crash", async () => {
  for (const [event, limit] of [
    ["SIGTERM", 5_000],
    ["uncaughtException", 2_000],
  ] as const) {
    const { events, clock, start } = stage();
    const seen: number[] = [];
    const running = start(async (context) => {
      seen.push(context.remainingMs());
      await untilStopped(context);
      seen.push(context.remainingMs());
      await clock.sleep(500);
      seen.push(context.remainingMs());
    });
    events.emit(event, event);
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(500);
    await running;
    assert.deepEqual(seen, [5_000, limit, limit - 500], event);
  }
});

test("run() does not let a forgotten handle keep the process alive after main has failed", async () => {
  const { seen, clock, start } = stage();
  await start(() => Promise.reject(new FairleadError("X", "Cannot")));
  await clock.advance(5_000);
  assert.deepEqual(seen.exits, [1]);
});
