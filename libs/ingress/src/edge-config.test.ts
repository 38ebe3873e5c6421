import assert from "node:assert/strict";
import { test } from "node:test";
import { crossCheck } from "@fairlead/chassis";
import { z } from "zod";
import { checkEdgeListener, edgeListenerShape, planEdges } from "./edge-config.ts";
import { listenOptions } from "./listen-options.ts";

const schema = crossCheck(z.strictObject(edgeListenerShape), checkEdgeListener);
const parse = (input: object) => schema.parse({ name: "a", port: 1, ...input });

const faults: [string, object, string][] = [
  ["neither port nor path", { port: undefined }, "port"],
  ["both", { path: "/tmp/x" }, "port"],
  ["a public address without a list of who may connect", { host: "0.0.0.0" }, "allow"],
  ["a Unix path that is shared", { port: undefined, path: "/tmp/x", reusePort: true }, "reusePort"],
  ["a name in capitals", { name: "A" }, "name"],
];
for (const [what, input, key] of faults) {
  test(`checkEdgeListener() refuses ${what}`, () => {
    const { error } = schema.safeParse({ name: "a", port: 1, ...input });
    assert.deepEqual(
      error?.issues.map(({ path }) => path.join(".")),
      [key],
    );
  });
}

test("listenOptions() leaves out the limits that are switched off", () => {
  const limits = { firstByte: "none", frame: "2s", idle: "none", total: "1h", send: "3s", acceptRate: 10 };
  const options = listenOptions(parse({ limits }));
  assert.deepEqual(options.limits, { frameMs: 2_000, totalMs: 3_600_000, sendMs: 3_000 });
  assert.equal(options.acceptRatePerSecond, 10);
});

test("planEdges() gives sockets, connections and events of the listeners, as far as they parsed", () => {
  const limits = { maxConnections: 10 };
  const shared = parse({ name: "b", port: 2, limits, reusePort: true });
  const unix = parse({ name: "c", port: undefined, path: "/tmp/x", limits });
  const { sockets, connections, eventTypes } = planEdges([undefined, shared, unix]);
  const key = (index: number, name: string) => ["listeners", index, name];
  assert.deepEqual(sockets, [
    { scheme: "tcp", host: "127.0.0.1", port: 2, what: "listener b", key: key(1, "port"), isShared: true },
    { scheme: "unix", host: "/tmp/x", port: 0, what: "listener c", key: key(2, "path") },
  ]);
  assert.equal(connections, 20);
  assert.deepEqual(eventTypes, ["tcp.opened", "tcp.closed"]);
  assert.deepEqual(planEdges([parse({ connectionEvents: false })]).eventTypes, []);
});

test("listenOptions() of a listener that sends nothing closes no silent connection unless told so", () => {
  const silent = (limits: object) => listenOptions({ ...parse({ limits }), isSilent: true });
  const { limits, keepAliveMs } = silent({});
  assert.deepEqual([limits?.firstByteMs, limits?.idleMs, keepAliveMs], [undefined, undefined, 60_000]);
  assert.equal(silent({ idle: "2m" }).limits?.idleMs, 120_000);
  const { limits: answered } = listenOptions(parse({}));
  assert.deepEqual([answered?.firstByteMs, answered?.idleMs], [60_000, 900_000]);
});
