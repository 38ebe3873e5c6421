import assert from "node:assert/strict";
import { test } from "node:test";
import { dialPlain, eventually, listenLoopback } from "../test/loopback.ts";
import { dialTcp } from "./dial.ts";

test("one process serves many connections at once, each in its own handler", async () => {
  let waiting = 0;
  const everybodyIsHere = Promise.withResolvers<void>();
  const clients = 200;
  await using listener = await listenLoopback(async (connection) => {
    const name = await connection.readLine(100);
    if (++waiting === clients) everybodyIsHere.resolve();
    // Nobody is answered before all have spoken: handlers that ran one after the other would hang here.
    await everybodyIsHere.promise;
    await connection.send(`hello ${name}\n`);
  });
  const { host, port } = listener.address;
  const greetings = await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      await using client = await dialTcp({ host, port, connectTimeoutMs: 60_000 });
      await client.send(`${index}\n`);
      return await client.readLine(100);
    }),
  );
  assert.deepEqual(
    greetings,
    Array.from({ length: clients }, (_, index) => `hello ${index}`),
  );
});

test("setup, handle and finish are one function, and finish runs when the peer resets", async () => {
  const steps: string[] = [];
  await using listener = await listenLoopback(async (connection) => {
    steps.push("setup");
    try {
      await connection.readLine(100);
      steps.push("handle");
      await connection.readLine(100);
    } finally {
      steps.push("finish");
    }
  });
  const peer = await dialPlain(listener);
  peer.write("line\n");
  await eventually(() => steps.length === 2);
  peer.resetAndDestroy();
  await eventually(() => steps.length === 3);
  assert.deepEqual(steps, ["setup", "handle", "finish"]);
});
