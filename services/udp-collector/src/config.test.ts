import assert from "node:assert/strict";
import { test } from "node:test";
import { undescribedKeys } from "@fairlead/chassis/undescribed-keys";
import { udpCollectorConfig } from "./config.ts";
import { kinds } from "./kinds.ts";

test("udpCollectorConfig has a listener of each kind by default, on loopback", () => {
  const { listeners } = udpCollectorConfig.parse(undefined);
  assert.deepEqual(
    listeners.map(({ kind, name, host, port }) => ({ kind, name, host, port })),
    Object.values(kinds).map(({ name: kind, defaultListener }) => ({
      kind,
      host: "127.0.0.1",
      ...defaultListener,
    })),
  );
  assert.equal(new Set(listeners.map(({ port }) => port)).size, listeners.length);
  assert.equal(listeners[0]?.receiveBufferBytes, 8 << 20);
});

const faults: readonly [name: string, listeners: unknown][] = [
  ["an unknown kind", [{ name: "a", kind: "netflow" }]],
  ["an unknown key", [{ name: "a", kind: "raw", colour: "red" }]],
  ["a key of another kind", [{ name: "a", kind: "raw", timeZone: "UTC" }]],
  ["a reply of syslog", [{ name: "a", kind: "syslog", reply: { kind: "echo" } }]],
  ["no limit", [{ name: "a", kind: "raw", maxPendingDatagrams: 0 }]],
  ["a pile below one datagram", [{ name: "a", kind: "raw", maxPendingBytes: "1KiB" }]],
  ["an interval that delays", [{ name: "a", kind: "raw", batch: { interval: "1s" } }]],
  ["a time zone that is none", [{ name: "a", kind: "syslog", timeZone: "Nowhere/Land" }]],
  ["a range that is none", [{ name: "a", kind: "raw", allow: ["10.0.0.0/33"] }]],
  ["nobody allowed", [{ name: "a", kind: "raw", allow: [] }]],
  ["a name for a path", [{ name: "a/b", kind: "raw" }]],
  [
    "a name twice",
    [
      { name: "a", kind: "raw" },
      { name: "a", kind: "raw" },
    ],
  ],
  ...["0.0.0.0", "::", "collector.example"].flatMap((host) =>
    Object.keys(kinds).map((kind): [string, unknown] => [
      `${host} without allow (${kind})`,
      [{ name: "a", kind, host }],
    ]),
  ),
  ["a name that only begins like loopback", [{ name: "a", kind: "raw", host: "127.attacker.example" }]],
];

test("udpCollectorConfig refuses what cannot be meant", () => {
  for (const [name, listeners] of faults) {
    assert.equal(udpCollectorConfig.safeParse({ listeners }).success, false, name);
  }
});

test("udpCollectorConfig takes a public address with a list of who may send, and every loopback without one", () => {
  const accepts = (more: object) =>
    udpCollectorConfig.safeParse({ listeners: [{ name: "a", kind: "raw", ...more }] }).success;
  for (const host of ["127.0.0.1", "127.9.9.9", "::1", "localhost"]) assert.ok(accepts({ host }), host);
  assert.ok(accepts({ host: "0.0.0.0", allow: ["10.0.0.0/8"] }));
});

test("udpCollectorConfig names every fault at once, whatever else is wrong", () => {
  const checked = udpCollectorConfig.safeParse({
    listeners: [
      { name: "a", kind: "raw", port: -1 },
      { name: "a", kind: "raw", host: "0.0.0.0", batch: { interval: "1s" } },
      { name: "a", kind: "netflow" },
    ],
  });
  const at = checked.error!.issues.map(({ path }) => path.slice(1).join(".")).sort();
  assert.deepEqual(at, ["0.port", "1.allow", "1.batch.interval", "1.name", "2.kind"]);
});

test("udpCollectorConfig says what each key is for", () => {
  assert.deepEqual(undescribedKeys(udpCollectorConfig), []);
});
