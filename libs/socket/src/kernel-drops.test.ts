import assert from "node:assert/strict";
import { test } from "node:test";
import { bindUdp } from "./bind-udp.ts";
import { parseUdpTable } from "./kernel-drops.ts";
import type { BindUdpOptions, UdpSocket } from "./udp.ts";

const skip = process.platform === "linux" ? false : "the kernel does not say";

function bind(options: Partial<BindUdpOptions> = {}): Promise<UdpSocket> {
  return bindUdp({
    host: "127.0.0.1",
    port: 0,
    maxPendingDatagrams: 100_000,
    maxPendingBytes: 100_000_000,
    ...options,
  });
}

/** Sends more than the receiver's buffer holds, without the receiver's loop turning: every send is done at once. */
async function flood(to: UdpSocket, count: number): Promise<void> {
  await using client = await bind({ host: to.local.host, maxUnsentBytes: 100_000_000 });
  await client.connect(to.local);
  await Promise.all(Array.from({ length: count }, () => client.send(Buffer.alloc(1_000))));
}

test("parseUdpTable() reads rows of udp and udp6 and skips everything else", () => {
  const text = [
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
    "13135: 0100007F:D1E8 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 83424 2 00000000fba7f0e1 17",
    "  12: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 99 2 0000000000000000 0",
    "garbage",
    "",
  ].join("\n");
  assert.deepEqual(parseUdpTable(text), [
    { port: 0xd1e8, inode: "83424", drops: 17 },
    { port: 0x35, inode: "99", drops: 0 },
  ]);
});

for (const host of ["127.0.0.1", "::1"]) {
  test(`kernelDrops() on ${host}: received and dropped together are what was sent`, { skip }, async () => {
    const server = await bind({ host, receiveBufferBytes: 8_192 });
    assert.equal(server.kernelDrops(), 0);
    const sent = 2_000;
    await flood(server, sent);
    await server.drain();
    const drops = server.kernelDrops() ?? 0;
    assert.ok(drops > 0);
    assert.equal(server.stats.received + drops, sent);
    assert.equal(server.kernelDrops(), drops);
  });
}

test("kernelDrops() belongs to the socket, also where several share a port", { skip }, async () => {
  const first = await bind({ reusePort: true, receiveBufferBytes: 8_192 });
  const second = await bind({ reusePort: true, receiveBufferBytes: 8_192, port: first.local.port });
  await flood(first, 2_000);
  await Promise.all([first.drain(), second.drain()]);
  // One source goes to one of them: its received and its drops are all, the other has neither.
  const sums = [first, second].map((socket) => socket.stats.received + (socket.kernelDrops() ?? -1));
  assert.deepEqual(sums.sort(), [0, 2_000]);
});
