/**
 * Multicast, in a network namespace of its own (multicast.test.ts): a group has no loopback, so elsewhere these datagrams
 * would go onto a wire.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { namespaceInterface } from "@fairlead/harness";
import { bindUdp } from "../src/bind-udp.ts";
import type { BindUdpOptions, UdpSocket } from "../src/udp.ts";
import { failure } from "./loopback.ts";

const { name: zone, ipv4 } = namespaceInterface;

const families = [
  { name: "IPv4", host: "0.0.0.0", group: "239.255.70.10", other: "239.255.70.11", via: ipv4, at: "" },
  { name: "IPv6", host: "::", group: "ff02::7010", other: "ff02::7011", via: `::%${zone}`, at: `%${zone}` },
];

function bind(host: string, multicast: NonNullable<BindUdpOptions["multicast"]>): Promise<UdpSocket> {
  return bindUdp({ host, port: 0, maxPendingDatagrams: 100, maxPendingBytes: 100_000, multicast });
}

async function receiveOne(socket: UdpSocket): Promise<string> {
  for await (const batch of socket.batches()) return batch.payload(0).toString();
  return "closed";
}

for (const { name, host, group, other, via, at } of families) {
  test(`joinMulticast() hears an ${name} group, leaveMulticast() ends it`, async () => {
    await using server = await bind(host, { interface: via });
    await using client = await bind(host, { interface: via, loopback: true, ttl: 0 });
    const { port } = server.local;
    server.joinMulticast(group);
    await client.send("to the group", { host: `${group}${at}`, port });
    assert.equal(await receiveOne(server), "to the group");
    server.joinMulticast(other, via);
    server.leaveMulticast(group);
    await client.send("not heard", { host: `${group}${at}`, port });
    await client.send("heard", { host: `${other}${at}`, port });
    assert.equal(await receiveOne(server), "heard");
    server.leaveMulticast(other, via);
  });

  test(`bindUdp() joins its ${name} groups at once`, async () => {
    await using server = await bind(host, { interface: via, groups: [group] });
    await using client = await bind(host, { interface: via, ttl: 0 });
    await client.send("x", { host: `${group}${at}`, port: server.local.port });
    assert.equal(await receiveOne(server), "x");
  });

  test(`joinMulticast() refuses what is no ${name} group, leaveMulticast() what was not joined`, async () => {
    await using socket = await bind(host, { interface: via });
    assert.throws(() => socket.joinMulticast("not a group"), { name: "SocketError" });
    assert.throws(() => socket.leaveMulticast(group), { name: "SocketError", code: "ADDRESS_UNAVAILABLE" });
  });
}

test("bindUdp() that cannot join leaves nothing open", async () => {
  assert.notEqual(await failure(bind("127.0.0.1", { groups: ["10.0.0.1"] })), "no error");
});
