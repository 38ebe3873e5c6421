/** Several gateway processes behind one port, on the distributed engine: what docs/how-to/share-a-port.md describes. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { test } from "node:test";
import { tailEvents } from "@fairlead/client";
import {
  eventually,
  freePort,
  rabbitMissing,
  type StartedProcess,
  skipOrFail,
  startProcess,
  startRabbit,
  type TemporaryDirectory,
  temporaryDirectory,
} from "@fairlead/harness";
import { payloads } from "./running.ts";

const main = new URL("../src/main.ts", import.meta.url).pathname;

interface Gateway extends AsyncDisposable {
  readonly url: string;
  readonly child: StartedProcess;
  /** Connections that it has taken so far. */
  opened(): Promise<number>;
}

async function startSharing(
  directory: TemporaryDirectory,
  name: string,
  port: number,
  amqpUrl: string,
): Promise<Gateway> {
  const http = await freePort();
  const config = {
    http: { port: http },
    dataDir: directory.file(name),
    bus: { amqp: { url: amqpUrl } },
    "tcp-gateway": { listeners: [{ name: "lines", port, reusePort: true, connectionEvents: false }] },
  };
  const file = directory.file(`${name}.yaml`);
  await writeFile(file, JSON.stringify(config));
  const child = await startProcess(main, { env: { FAIRLEAD_CONFIG: file, FAIRLEAD_LOG_LEVEL: "warn" } });
  const url = `http://127.0.0.1:${http}`;
  const isReady = async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true;
  await eventually(isReady, `${name} is ready`);
  return {
    url,
    child,
    async opened() {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(/^fairlead_tcp_gateway_opened_connections_total\{[^}]*\} (\d+)$/m.exec(text)?.[1]);
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** A client that sends one line and waits for its OK. */
class OneLine {
  static count = 0;
  readonly line = `line ${++OneLine.count}`;
  isAcknowledged = false;

  constructor(port: number) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.write(`${this.line}\n`);
    socket.on("data", (data) => {
      this.isAcknowledged = String(data) === "OK 1\n";
      socket.end();
    });
  }
}

const acknowledged = (clients: readonly OneLine[]) => clients.filter(({ isAcknowledged }) => isAcknowledged);

test("two processes share a port; while one is stopped the other serves what the kernel gives it, and nothing acknowledged is lost", {
  skip: skipOrFail(rabbitMissing()),
}, async () => {
  await using directory = await temporaryDirectory();
  await using rabbit = await startRabbit();
  const port = await freePort();
  await using live = await startSharing(directory, "live", port, rabbit.url);
  await using stopped = await startSharing(directory, "stopped", port, rabbit.url);

  const clients: OneLine[] = [];
  const areBothUsed = async () => {
    for (let i = 0; i < 10; i++) clients.push(new OneLine(port));
    return (await live.opened()) > 0 && (await stopped.opened()) > 0;
  };
  await eventually(areBothUsed, "connections in both processes");
  await eventually(() => acknowledged(clients).length === clients.length, "an OK for each");

  stopped.child.pause();
  const meanwhile = Array.from({ length: 60 }, () => new OneLine(port));
  await eventually(() => acknowledged(meanwhile).length >= 5, "the live one serves");
  for (const path of ["/livez", "/metrics"]) assert.equal((await fetch(live.url + path)).status, 200, path);
  const served = acknowledged(meanwhile);
  assert.ok(served.length < meanwhile.length, "the kernel gives the stopped one its share, which waits");
  await untilStored(live.url, served);

  stopped.child.resume();
  await eventually(() => acknowledged(meanwhile).length === meanwhile.length, "an OK for those that waited");
  await untilStored(live.url, [...clients, ...meanwhile]);
});

/** The log has every line. A line that was acknowledged from the spool comes there a little later. */
async function untilStored(url: string, clients: readonly OneLine[]): Promise<void> {
  const areStored = async () => {
    const stored = new Set<string>();
    const tail = tailEvents({ url }, { after: 0, follow: false, types: ["tcp.records"] });
    for await (const { event } of tail) for (const payload of payloads(event)) stored.add(payload);
    return clients.every(({ line }) => stored.has(line));
  };
  await eventually(areStored, "every acknowledged line in the log");
}
