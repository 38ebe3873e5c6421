import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { promisify } from "node:util";
import { eventually, exchange, findBinary, temporaryDirectory } from "@fairlead/harness";
import { configOf, freePorts, runFairlead, startFairlead, writeConfig } from "./fairlead.ts";

interface TailedLine {
  readonly offset: number;
  readonly type: string;
  readonly records?: readonly { readonly seq: number; readonly [field: string]: unknown }[];
}

async function sendDatagram(port: number, text: string): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise((resolve) => socket.send(text, port, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => socket.close(resolve));
}

async function tail(directory: string, port: number, ...args: string[]): Promise<TailedLine[]> {
  const url = `http://127.0.0.1:${port}`;
  const result = await runFairlead(directory, ["tail", "--json", "--no-follow", "--url", url, ...args]);
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stderr, "");
  return result.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

const recordsOf = (events: readonly TailedLine[], type: string) =>
  events.filter((event) => event.type === `dev.fairlead.${type}`).flatMap((event) => event.records ?? []);

test("tail gives what plain clients sent by TCP, UDP, syslog and statsd, and goes on where it stood after a restart", async () => {
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  await writeConfig(directory.path, configOf(ports));
  await using first = await startFairlead(directory.path);

  assert.equal(await exchange(ports.lines, "hello\nworld\n"), "OK 2\n");
  await sendDatagram(ports.raw, "hi\n");
  const logger = findBinary("logger");
  if (logger) {
    const args = ["-n", "127.0.0.1", "-P", String(ports.syslog), "-d", "from logger"];
    await promisify(execFile)(logger, args);
  } else await sendDatagram(ports.syslog, "<13>Jan  1 00:00:00 host user: from logger");
  await sendDatagram(ports.statsd, "jobs:1|c\n");

  let events: TailedLine[] = [];
  await eventually(async () => {
    events = await tail(directory.path, ports.http, "--after", "0");
    return ["udp.records", "udp.syslog", "udp.statsd"].every((type) => recordsOf(events, type).length > 0);
  }, "an event of each kind");
  assert.deepEqual(
    recordsOf(events, "tcp.records").map(({ seq, text }) => ({ seq, text })),
    [
      { seq: 1, text: "hello" },
      { seq: 2, text: "world" },
    ],
  );
  const [datagram] = recordsOf(events, "udp.records");
  assert.equal(datagram?.["text"], "hi\n");
  assert.match(String(datagram?.["from"]), /^127\.0\.0\.1:\d+$/);
  assert.match(String(recordsOf(events, "udp.syslog")[0]?.["message"]), /from logger/);
  const [metric] = recordsOf(events, "udp.statsd");
  assert.deepEqual([metric?.["name"], metric?.["kind"], metric?.["value"]], ["jobs", "counter", 1]);

  const only = await tail(directory.path, ports.http, "--after", "0", "--type", "tcp.records");
  assert.deepEqual(new Set(only.map(({ type }) => type)), new Set(["dev.fairlead.tcp.records"]));

  await first.child.kill("SIGTERM");
  await using second = await startFairlead(directory.path);
  assert.ok(second.ready.url);
  const again = await tail(directory.path, ports.http, "--after", "0");
  assert.deepEqual(again.slice(0, events.length), events);
  assert.equal(await exchange(ports.lines, "after the restart\n"), "OK 1\n");
  const rest = await tail(directory.path, ports.http, "--after", String(events.at(-1)?.offset));
  assert.deepEqual(
    recordsOf(rest, "tcp.records").map(({ text }) => text),
    ["after the restart"],
  );
});

test("up refuses to start when another process has its data directory, and says so", async () => {
  await using directory = await temporaryDirectory();
  await writeConfig(directory.path, configOf(await freePorts()));
  await using running = await startFairlead(directory.path);
  await writeConfig(directory.path, configOf(await freePorts()));
  const result = await runFairlead(directory.path, ["up"]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /^fairlead: Cannot .*data.*(in use|another process)/m);
  assert.doesNotMatch(result.stderr, /\n\s+at /);
  assert.ok(running.child.isRunning);
});
