import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint, EngineConfig } from "@fairlead/engine";
import { announcement } from "./announcement.ts";

const http: Endpoint = { scheme: "http", host: "127.0.0.1", port: 7000, description: "API" };
const lines: Endpoint = {
  scheme: "tcp",
  host: "0.0.0.0",
  port: 7001,
  description: "lines: newline framing, durable acks",
  tryWith: "echo hello | nc -N {host} {port}",
};
const udp = (port: number, description: string): Endpoint => ({
  scheme: "udp",
  host: "127.0.0.1",
  port,
  description,
  tryWith: "echo hi | nc -u -w1 {host} {port}",
  warning: "the buffer is short",
});

const embedded = kept(undefined);

function kept(amqp: object | undefined): Parameters<typeof announcement>[1] {
  const bus = { amqp, spool: { path: "spool.db" } } as unknown as EngineConfig["bus"];
  return { dataDir: "/data", bus };
}

test("announcement() says that what is accepted goes to RabbitMQ where it does, and shows no password", () => {
  const text = announcement([http], kept({ url: "amqp://u:s3cret@broker:5672" }));
  assert.match(text, /goes to RabbitMQ at broker:5672; while that is away it waits in \/data\/spool\.db\n/);
  assert.doesNotMatch(text, /kept in|s3cret/);
});

test("announcement() names every endpoint, where things are kept, and commands that fit the ports", () => {
  const text = announcement([http, lines, udp(7010, "raw: raw datagrams")], embedded);
  for (const part of [
    "Fairlead is ready.",
    "  http://127.0.0.1:7000  API\n",
    "  tcp://0.0.0.0:7001     lines: newline framing, durable acks\n",
    "kept in /data\n",
    "  echo hello | nc -N 127.0.0.1 7001\n",
    "  echo hi | nc -u -w1 127.0.0.1 7010\n",
    "  npx fairlead tail --after 0\n",
  ])
    assert.ok(text.includes(part), `${part} is not in ${text}`);
});

test("announcement() gives each example once, none for what has none, and says where the API is when it is elsewhere", () => {
  const frames = { scheme: "tcp", host: "127.0.0.1", port: 7003, description: "frames: netstring framing" };
  const endpoints = [{ ...http, host: "::", port: 8000 }, frames, lines, { ...lines, port: 7002 }];
  const text = announcement(endpoints, embedded);
  assert.deepEqual(text.match(/nc .*/g), ["nc -N 127.0.0.1 7001"]);
  assert.match(text, /npx fairlead tail --after 0 --url http:\/\/\[::1\]:8000\n/);
});

test("announcement() says a warning once, however many endpoints it is about", () => {
  const text = announcement([http, udp(7010, "raw"), udp(5514, "syslog")], embedded);
  const note = "Note: the buffer is short (7010/udp, 5514/udp).\n";
  assert.equal(text.split(note).length, 2);
  assert.doesNotMatch(announcement([http, lines], embedded), /Note/);
});
