import assert from "node:assert/strict";
import { test } from "node:test";
import { exchange, RawClient } from "@fairlead/harness";
import { heldBytes } from "./held-bytes.ts";
import { type RunningGateway, startGateway } from "./running.ts";

const rejected = (gateway: RunningGateway, reason: string) =>
  gateway.metric("rejected_records_total", { listener: "listener-0", reason });

const long = "x".repeat(100);

test("a frame over the cap with the policy close: what is before it is acknowledged, then ERR and the end", async () => {
  await using gateway = await startGateway([{ codec: { name: "lines", maxFrameBytes: "10B" } }]);
  await using client = await RawClient.dial(gateway.port());
  await client.send(`good\n${long}\nnever\n`);
  const answer = (await client.readAll()).toString();
  assert.match(answer, /^OK 1\nERR FRAME_TOO_LARGE [^\n]*\n$/);
  client.end();
  await gateway.bus.first("tcp.closed", 1);
  assert.deepEqual(gateway.bus.records, ["good"]);
  assert.equal(await rejected(gateway, "frame-too-large"), 1);
});

test("a frame over the cap with the policy drop: the client is told before the next OK, and the next frame is found", async () => {
  await using gateway = await startGateway([
    { codec: { name: "lines", maxFrameBytes: "10B", oversize: "drop" } },
  ]);
  await using client = await RawClient.dial(gateway.port());
  await client.send("1\n2\n");
  await client.readUntil("OK 2\n");
  await client.send(`${long}\n`);
  assert.match(
    await client.readLine(),
    /^ERR FRAME_DROPPED 1 frame after record 2 dropped and not counted: over 10 /,
  );
  await client.send("4\n");
  assert.equal(await client.readLine(), "OK 3");
  assert.deepEqual(gateway.bus.records, ["1", "2", "4"]);
  assert.equal(await rejected(gateway, "dropped"), 1);
});

test("a frame over the cap with the policy truncate is counted, and the client is told", async () => {
  const codec = { name: "lines", maxFrameBytes: "10B", oversize: "truncate" } as const;
  await using gateway = await startGateway([{ codec }]);
  const answer = await exchange(gateway.port(), `${long}\n2\n`);
  assert.match(
    answer,
    /^ERR FRAME_TRUNCATED 1 frame after record 0 cut to 10 bytes and counted\n(OK 1\n)?OK 2\n$/,
  );
  assert.deepEqual(gateway.bus.records, ["x".repeat(10), "2"]);
  assert.equal(await gateway.metric("truncated_records_total", { listener: "listener-0" }), 1);
});

test("a stream without any delimiter holds no memory, and the frame after it is found", async () => {
  await using gateway = await startGateway([
    { codec: { name: "lines", maxFrameBytes: "64KiB", oversize: "drop" } },
  ]);
  await using client = await RawClient.dial(gateway.port());
  const piece = Buffer.alloc(1 << 20, "x");
  const before = heldBytes();
  let most = 0;
  for (let i = 0; i < 64; i++) {
    await client.send(piece);
    if (i % 8 === 7) most = Math.max(most, heldBytes() - before);
  }
  await client.send("\nfound\n");
  await client.readUntil("OK 1\n");
  assert.deepEqual(gateway.bus.records, ["found"]);
  assert.ok(most < 2 << 20, `${most} bytes are held of 64 MiB`);
});
