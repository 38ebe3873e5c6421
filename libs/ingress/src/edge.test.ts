import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBus } from "@fairlead/bus/memory";
import type { TcpClosed } from "@fairlead/contracts";
import { silentLogger, systemClock } from "@fairlead/core";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import { eventually, RawClient } from "@fairlead/harness";
import type { Connection } from "@fairlead/socket";
import { z } from "zod";
import { Edge } from "./edge.ts";
import { edgeListenerShape } from "./edge-config.ts";
import type { Ending, Session } from "./session.ts";

/** Says what it hears; nothing of it is about records. */
class Parrot implements Session {
  readonly connection: Connection;
  ending: Ending | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  async run(): Promise<void> {
    for (let chunk = await this.connection.read(); chunk; chunk = await this.connection.read()) {
      if (chunk.toString() === "throw") throw new Error("as asked");
      await this.connection.send(chunk);
    }
    if (this.ending) await this.connection.send(this.ending.code);
  }

  stop(ending: Ending): void {
    this.ending ??= ending;
    this.connection.stopReading();
  }
}

async function openParrots(input: object = {}) {
  const bus = new MemoryBus();
  const { events } = bus;
  const meter = new MemoryMeter();
  const parts = {
    service: "command-executor",
    instance: "instance-1",
    bus,
    logger: silentLogger,
    meter,
    clock: systemClock,
  };
  const config = z.strictObject(edgeListenerShape).parse({ name: "parrots", port: 0, ...input });
  const edge = await Edge.open(config, parts, (connection) => new Parrot(connection));
  const closed = async (): Promise<TcpClosed> => {
    const [event] = await bus.first("tcp.closed", 1);
    return JSON.parse(Buffer.from(event!.data).toString());
  };
  const metric = async (name: string, labels = {}) => {
    await meter.scrape();
    return meter.value(`fairlead_command_executor_${name}`, { listener: "parrots", ...labels });
  };
  return { edge, events, closed, metric, dial: () => RawClient.dial(edge.address.port) };
}

test("an edge runs a session for each connection, lists it and publishes its beginning and its end", async () => {
  const { edge, events, closed, metric, dial } = await openParrots();
  await using _ = edge;
  await using client = await dial();
  await client.send("hello");
  assert.equal((await client.readExactly(5)).toString(), "hello");
  const [listed] = edge.list();
  assert.deepEqual(
    [listed?.instance, listed?.listener, listed?.bytesReceived, listed?.bytesSent],
    ["instance-1", "parrots", 5, 5],
  );
  assert.deepEqual(edge.find(listed!.id), listed);
  assert.equal(edge.find("other"), undefined);
  assert.equal(await metric("connections"), 1);
  client.end();
  await client.readAll();
  const { reason, records, rejected } = await closed();
  assert.deepEqual([reason, records, rejected], ["peer-ended", 0, {}]);
  assert.deepEqual(
    events.map(({ type, source }) => [type, source]),
    ["opened", "closed"].map((what) => [`dev.fairlead.tcp.${what}`, "/command-executor/instance-1/parrots"]),
  );
  assert.deepEqual(edge.list(), []);
  assert.equal(await metric("closed_connections_total", { reason: "peer-ended" }), 1);
});

test("close() stops the session, which tells its client why", async () => {
  const { edge, closed, dial } = await openParrots();
  await using _ = edge;
  await using client = await dial();
  await eventually(() => edge.list().length === 1, "the connection");
  assert.equal(edge.close(edge.list()[0]!.id), true);
  assert.equal((await client.readAll()).toString(), "CLOSED");
  client.end();
  assert.equal((await closed()).reason, "local");
  assert.equal(edge.close("other"), false);
});

test("a session that throws closes its connection with the reason error", async () => {
  const { edge, closed, dial } = await openParrots();
  await using _ = edge;
  await using client = await dial();
  await client.send("throw");
  await client.readAll();
  assert.equal((await closed()).reason, "error");
  await eventually(() => edge.list().length === 0, "an empty registry");
});

test("drain() takes no more connections, ends every session and waits for the last event", async () => {
  const { edge, events, dial } = await openParrots();
  await using _ = edge;
  await using client = await dial();
  await client.send("x");
  await client.readExactly(1);
  const drained = edge.drain(new AbortController().signal);
  assert.equal((await client.readAll()).toString(), "DRAINING");
  client.end();
  await drained;
  assert.equal(events.at(-1)?.type, "dev.fairlead.tcp.closed");
  await assert.rejects(dial(), { code: "ECONNREFUSED" });
});

test("setAdmission() changes who may connect, and leaves open connections alone", async () => {
  const { edge, metric, dial } = await openParrots();
  await using _ = edge;
  await using client = await dial();
  await client.send("x");
  await client.readExactly(1);
  const { limits } = edge.config;
  edge.setAdmission({ limits: { ...limits, maxConnections: 1 }, deny: [] });
  await dial().then(
    (second) => second.closed(),
    ({ code }) => assert.equal(code, "ECONNRESET"),
  );
  assert.equal(await metric("refused_connections_total", { reason: "connections" }), 1);
  await client.send("y");
  assert.equal((await client.readExactly(1)).toString(), "y");
});

test("disposing an edge cuts its connections and frees its port, which is taken until then", async () => {
  const { edge, dial } = await openParrots();
  await using client = await dial();
  await assert.rejects(openParrots({ port: edge.address.port }), { code: "ADDRESS_IN_USE" });
  await edge[Symbol.asyncDispose]();
  await client.readAll();
  await assert.rejects(dial(), { code: "ECONNREFUSED" });
});

test("several edges share a port with reusePort", async () => {
  const { edge } = await openParrots({ reusePort: true });
  await using _first = edge;
  const { edge: other } = await openParrots({ reusePort: true, port: edge.address.port });
  await using _second = other;
  assert.equal(other.address.port, edge.address.port);
});
