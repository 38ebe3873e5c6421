import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { temporaryDirectory, within } from "@fairlead/harness";
import { configOf, freePorts, startFairlead, writeConfig } from "./fairlead.ts";
import { Sender } from "./senders.ts";
import { assertNothingLostOrTorn, readStored } from "./stored.ts";

async function connectError(port: number): Promise<string | undefined> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  } finally {
    socket.destroy();
  }
}

test("up stores and acknowledges all it has taken, then ends with 0, when SIGTERM comes under load", async () => {
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  await writeConfig(directory.path, configOf(ports));
  await using fairlead = await startFairlead(directory.path);
  const senders = [1, 20, 200].map((size) => new Sender(`s${size}`, ports.lines, size));
  await Promise.all(senders.map((sender) => sender.untilAcknowledged(1_000)));

  fairlead.child.signal("SIGTERM");
  const exit = await within(fairlead.child.exited, "the end after SIGTERM");
  assert.deepEqual(exit, { code: 0, signal: null });
  await Promise.all(senders.map((sender) => sender.closed));
  assert.equal(await connectError(ports.lines), "ECONNREFUSED");
  for (const { error } of senders) assert.match(String(error), /^ERR DRAINING /);

  await using again = await startFairlead(directory.path);
  const { lines } = await readStored(again.ready.url, 0);
  for (const sender of senders) {
    assertNothingLostOrTorn(sender, lines);
    // Drained in peace, so nothing is stored that was not said to be: a client that goes on sends nothing twice.
    assert.equal(lines.get(sender.name)?.length, sender.acknowledged);
  }
});

test("up ends with 0 when SIGTERM comes and a client holds its connection without a word", async () => {
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  await writeConfig(directory.path, configOf(ports));
  await using fairlead = await startFairlead(directory.path);
  const silent = connect({ host: "127.0.0.1", port: ports.lines, allowHalfOpen: true });
  await once(silent, "connect");
  fairlead.child.signal("SIGTERM");
  assert.deepEqual(await within(fairlead.child.exited, "the end after SIGTERM"), {
    code: 0,
    signal: null,
  });
  silent.destroy();
});
