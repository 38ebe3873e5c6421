import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { exchange, RawClient } from "@fairlead/harness";
import { heldBytes } from "./held-bytes.ts";
import { startGateway } from "./running.ts";

test("an echo listener gives every byte back, then ends when the client ends", async () => {
  await using gateway = await startGateway([{ kind: "echo" }]);
  const bytes = randomBytes(3_000_000);
  await using client = await RawClient.dial(gateway.port());
  const sent = client.send(bytes).then(() => client.end());
  const back = await client.readAll();
  await sent;
  assert.ok(back.equals(bytes));
  assert.equal(gateway.bus.records.length, 0);
});

test("an echo listener answers at once, without waiting for a line or an end", async () => {
  await using gateway = await startGateway([{ kind: "echo", banner: "hi " }]);
  await using client = await RawClient.dial(gateway.port());
  await client.send("x");
  assert.equal((await client.readExactly(4)).toString(), "hi x");
});

test("an echo listener holds little of what a client sends that does not read", async () => {
  await using gateway = await startGateway([{ kind: "echo", limits: { send: "300ms" } }]);
  await using client = await RawClient.dial(gateway.port());
  client.pause();
  const before = heldBytes();
  const flood = client.send(Buffer.alloc(64 << 20)).catch(() => {});
  await client.closed();
  const held = heldBytes() - before;
  await flood;
  assert.ok(held < (64 << 20) + (8 << 20), `${held} bytes: the flood itself and little more`);
  const [closed] = await gateway.bus.first("tcp.closed", 1);
  assert.equal(JSON.parse(Buffer.from(closed!.data).toString()).reason, "send-timeout");
  const labels = { listener: "listener-0", reason: "send-timeout" };
  assert.equal(await gateway.metric("closed_connections_total", labels), 1);
});

test("an echo listener drains: what was read is given back, then the connection ends", async () => {
  await using gateway = await startGateway([{ kind: "echo" }]);
  await using client = await RawClient.dial(gateway.port());
  await client.send("before");
  assert.equal((await client.readExactly(6)).toString(), "before");
  const drained = gateway.service.drain(new AbortController().signal);
  assert.equal((await client.readAll()).toString(), "");
  client.end();
  await drained;
  await assert.rejects(exchange(gateway.port(), "late"), { code: "ECONNREFUSED" });
});
