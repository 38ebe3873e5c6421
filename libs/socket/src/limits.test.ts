import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { ManualClock } from "@fairlead/core/manual-clock";
import { dialPlain, dialRefused, echo, eventually, failure, gone, listenLoopback } from "../test/loopback.ts";
import { createAddressPolicy } from "./address-policy.ts";
import type { CloseReason } from "./connection.ts";
import { dialTcp } from "./dial.ts";
import { listenTcp } from "./listen.ts";
import type { ListenTcpOptions, RefusalReason } from "./listener.ts";

const policies: { allow?: string[]; deny?: string[]; host: string; isAllowed: boolean }[] = [
  { host: "10.1.2.3", isAllowed: true },
  { allow: ["10.0.0.0/8"], host: "10.1.2.3", isAllowed: true },
  { allow: ["10.0.0.0/8"], host: "11.1.2.3", isAllowed: false },
  { allow: ["10.0.0.0/8"], host: "::ffff:10.1.2.3", isAllowed: true },
  { allow: ["::ffff:10.0.0.0/104"], host: "10.1.2.3", isAllowed: true },
  { allow: ["::ffff:10.0.0.0/104"], host: "11.1.2.3", isAllowed: false },
  { allow: ["0.0.0.0/0"], host: "::1", isAllowed: false },
  { allow: ["::/0"], host: "fd00::1", isAllowed: true },
  { allow: ["fe80::/10"], host: "fe80::1%eth0", isAllowed: true },
  { deny: ["127.0.0.1"], host: "127.0.0.1", isAllowed: false },
  { deny: ["127.0.0.1"], host: "127.0.0.2", isAllowed: true },
  { allow: ["10.0.0.0/8"], deny: ["10.1.0.0/16"], host: "10.1.2.3", isAllowed: false },
  { allow: ["10.0.0.0/8"], host: "no address", isAllowed: false },
];

for (const { allow, deny, host, isAllowed } of policies) {
  test(`createAddressPolicy() allow ${allow} deny ${deny}: ${host} ${isAllowed ? "may" : "may not"}`, () => {
    assert.equal(createAddressPolicy(allow, deny).isAllowed(host), isAllowed);
  });
}

test("createAddressPolicy() refuses what is no address range", () => {
  for (const entry of [
    "",
    "10.0.0.0/33",
    "10.0.0/8",
    "::/129",
    "host",
    "10.0.0.1/",
    "10.0.0.1/8/8",
    "::ffff:10.0.0.0/95",
  ]) {
    assert.throws(() => createAddressPolicy([entry]), { code: "BAD_OPTION" }, entry);
  }
  assert.throws(() => createAddressPolicy([]), { code: "BAD_OPTION" });
});

async function listenAndCount(options: Partial<ListenTcpOptions>) {
  const refused: RefusalReason[] = [];
  const listener = await listenLoopback(echo, {
    ...options,
    onRefused: (_, reason) => refused.push(reason),
  });
  return { listener, refused };
}

test("maxConnections turns one more away, and gives the place to the next", async () => {
  const { listener, refused } = await listenAndCount({ maxConnections: 2 });
  await using _ = listener;
  const first = await dialPlain(listener);
  const second = await dialPlain(listener);
  await dialRefused(listener);
  assert.deepEqual(refused, ["connections"]);
  first.end();
  await gone(first);
  await eventually(() => listener.connections.count === 1);
  const third = await dialPlain(listener);
  third.write("x");
  await once(third, "data");
  assert.equal(listener.stats.accepted, 3);
  assert.equal(listener.stats.refused.connections, 1);
  second.destroy();
  third.destroy();
});

test("maxConnectionsPerAddress counts each address by itself", async () => {
  const { listener, refused } = await listenAndCount({ maxConnectionsPerAddress: 1 });
  await using _ = listener;
  const { port } = listener.address;
  const dial = (localAddress: string) =>
    dialTcp({ host: "127.0.0.1", port, localAddress, connectTimeoutMs: 60_000 });
  await using first = await dial("127.0.0.2");
  await using other = await dial("127.0.0.3");
  assert.equal(await failure(dial("127.0.0.2").then((second) => second.read())), "CONNECTION_RESET");
  assert.deepEqual(refused, ["connections-per-address"]);
  await first.send("x");
  await first.readExactly(1);
  await other.send("x");
  await other.readExactly(1);
});

test("acceptRatePerSecond turns away what comes too fast, and takes it a second later", async () => {
  const clock = new ManualClock();
  const { listener, refused } = await listenAndCount({ acceptRatePerSecond: 1, acceptBurst: 2, clock });
  await using _ = listener;
  const peers = [await dialPlain(listener), await dialPlain(listener)];
  await dialRefused(listener);
  assert.deepEqual(refused, ["accept-rate"]);
  await clock.advance(1_000);
  peers.push(await dialPlain(listener));
  await eventually(() => listener.stats.accepted === 3);
  for (const peer of peers) peer.destroy();
});

test("setAdmission() changes who may connect; connections that are open stay, and a bad option changes nothing", async () => {
  const { listener, refused } = await listenAndCount({ maxConnections: 1 });
  await using _ = listener;
  const first = await dialPlain(listener);
  await dialRefused(listener);
  listener.setAdmission({ maxConnections: 2, maxConnectionsPerAddress: 2 });
  const second = await dialPlain(listener);
  await eventually(() => listener.connections.count === 2);
  const bad = { maxConnections: 5, maxConnectionsPerAddress: 5, allow: ["nowhere"] };
  assert.throws(() => listener.setAdmission(bad), { code: "BAD_OPTION" });
  await dialRefused(listener);
  listener.setAdmission({ maxConnections: 5, maxConnectionsPerAddress: 5, deny: ["127.0.0.0/8"] });
  await dialRefused(listener);
  assert.deepEqual(refused, ["connections", "connections", "denied"]);
  for (const peer of [first, second]) {
    peer.write("x");
    await once(peer, "data");
    peer.destroy();
  }
});

test("deny turns an IPv4 peer away on a dual-stack listener too", async () => {
  const { listener, refused } = await listenAndCount({ host: "::", deny: ["127.0.0.0/8"] });
  await using _ = listener;
  const { port } = listener.address;
  const denied = dialTcp({ host: "127.0.0.1", port, connectTimeoutMs: 60_000 });
  assert.equal(await failure(denied.then((connection) => connection.read())), "CONNECTION_RESET");
  await using welcome = await dialTcp({ host: "::1", port, connectTimeoutMs: 60_000 });
  await welcome.send("x");
  assert.equal((await welcome.readExactly(1)).toString(), "x");
  assert.deepEqual(refused, ["denied"]);
});

test("a handler that throws closes its connection, is counted and told, and costs no place", async () => {
  const errors: string[] = [];
  await using listener = await listenLoopback(
    async (connection) => {
      await connection.read();
      throw new Error("broken handler");
    },
    {
      maxConnections: 1,
      onError: (error, connection) => errors.push(`${error.message} ${connection.bytesReceived}`),
    },
  );
  for (let count = 1; count <= 2; count++) {
    const peer = await dialPlain(listener);
    peer.write("x");
    await gone(peer);
    await eventually(() => listener.connections.count === 0);
    assert.equal(listener.stats.failed, count);
  }
  assert.deepEqual(errors, ["broken handler 1", "broken handler 1"]);
});

test("onClosed is told once of each connection, when its handler has returned and the connection is over", async () => {
  const told: [string, CloseReason][] = [];
  const release = Promise.withResolvers<void>();
  const listener = await listenLoopback(() => release.promise, {
    onClosed: ({ id }, reason) => told.push([id, reason]),
  });
  await using _ = listener;
  const peer = await dialPlain(listener);
  await eventually(() => listener.connections.count === 1);
  const [connection] = listener.connections;
  peer.resetAndDestroy();
  assert.equal(await connection!.closed, "peer-reset");
  assert.deepEqual(told, [], "its handler goes on");
  release.resolve();
  await eventually(() => told.length > 0);
  assert.deepEqual(told, [[connection!.id, "peer-reset"]]);
});

test("a handler that ends by the error of its own connection's end has not failed", async () => {
  await using listener = await listenLoopback(async (connection) => {
    await connection.readExactly(10);
  });
  const peer = await dialPlain(listener);
  await eventually(() => listener.connections.count === 1);
  peer.resetAndDestroy();
  await eventually(() => listener.connections.count === 0);
  assert.equal(listener.stats.failed, 0);
});

const badOptions: Partial<ListenTcpOptions>[] = [
  { maxConnections: 0 },
  { maxConnectionsPerAddress: 0 },
  { acceptRatePerSecond: 0 },
  { acceptBurst: 0 },
  { backlog: 0 },
  { lingerMs: 0 },
  { maxChunkBytes: 0 },
  { maxUnsentBytes: 0 },
  { keepAliveMs: 0 },
  { limits: { idleMs: 0 } },
  { limits: { frameMs: Number.NaN } },
  { allow: [] },
  { deny: ["nonsense"] },
  { port: 65_536 },
];

for (const options of badOptions) {
  test(`listenTcp() refuses ${JSON.stringify(options)}`, async () => {
    const all = {
      host: "127.0.0.1",
      port: 0,
      maxConnections: 1,
      maxConnectionsPerAddress: 1,
      onConnection: echo,
    };
    await assert.rejects(listenTcp({ ...all, ...options }), { code: "BAD_OPTION" });
  });
}
