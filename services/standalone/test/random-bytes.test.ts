import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { test } from "node:test";
import { exchange, randomBytesOf, temporaryDirectory } from "@fairlead/harness";
import { codecNames } from "@fairlead/socket";
import { configOf, freePorts, startFairlead, writeConfig } from "./fairlead.ts";

/** Printed with the outcome. The same seed gives the same bytes: write it here to repeat a run. */
const seed = randomInt(2 ** 32);
const bytesOf = (name: string, length: number) => randomBytesOf(seed, name, length);

async function pour(port: number, bytes: Buffer): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}).resume();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  // The end of the stream ends every frame, however much of it a listener still waits for.
  socket.end(bytes);
  await closed;
}

async function pourDatagrams(port: number, name: string, count: number): Promise<void> {
  const socket = createSocket("udp4").on("error", () => {});
  for (let index = 0; index < count; index++) {
    const length = bytesOf(`length of ${name} ${index}`, 2).readUInt16BE() % 1_400;
    const bytes = bytesOf(`${name} ${index}`, length);
    await new Promise((resolve) => socket.send(bytes, port, "127.0.0.1", resolve));
  }
  await new Promise<void>((resolve) => socket.close(resolve));
}

test("up stays up and logs nothing but its own errors when random bytes come to every listener", async (t) => {
  t.diagnostic(`seed ${seed}`);
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  // Every codec has to meet bytes that are none of its own.
  const listeners = codecNames.map((name) => ({
    name,
    port: 0,
    codec: name === "fixed" ? { name, frameBytes: "7B" } : { name },
  }));
  const echo = { name: "echo", kind: "echo", port: 0 };
  const main = { name: "main", port: ports.lines };
  await writeConfig(
    directory.path,
    configOf(ports, { "tcp-gateway": { listeners: [main, echo, ...listeners] } }),
  );
  await using fairlead = await startFairlead(directory.path);
  const { child, ready } = fairlead;
  const tcp = ready.endpoints
    .filter(({ scheme }) => scheme === "tcp" || scheme === "http")
    .map(({ port }) => port);
  assert.ok(tcp.length >= codecNames.length + 2, `only ${tcp.length} TCP endpoints`);
  const udp = ready.endpoints.filter(({ scheme }) => scheme === "udp").map(({ port }) => port);
  assert.ok(udp.length > 0);

  for (let round = 0; round < 3; round++) {
    const sizes = [1, 7, 1_000, 200_000];
    const pours = tcp.flatMap((port, index) =>
      sizes.map((size) => pour(port, bytesOf(`tcp ${round} ${index} ${size}`, size))),
    );
    await Promise.all(pours);
    await Promise.all(udp.map((port, index) => pourDatagrams(port, `udp ${round} ${index}`, 200)));
  }

  assert.ok(child.isRunning);
  assert.equal((await fetch(`${ready.url}/readyz`)).status, 200);
  assert.equal(await exchange(ports.lines, "still here\n"), "OK 1\n");
  assert.deepEqual(await child.kill("SIGTERM"), { code: 0, signal: null });
  for (const line of [...child.stdout, ...child.stderr]) assertOwnError(line);
});

interface LogLine {
  readonly level?: string;
  readonly msg?: string;
  readonly err?: { readonly code?: string; readonly type?: string; readonly stack?: string };
}

/** Ours have a code in upper case and are a class of ours; a stack of anything else is a defect that random bytes found. */
function assertOwnError(line: string): void {
  assert.doesNotMatch(line, /nobody caught|TypeError|RangeError|AssertionError/);
  if (!line.startsWith("{")) return;
  const { err, level }: LogLine = JSON.parse(line);
  if (err === undefined) assert.notEqual(level, "error", line);
  else assert.match(String(err.code), /^[A-Z][A-Z_]+$/, line);
}
