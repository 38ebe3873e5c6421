import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "@fairlead/engine";
import { announcement } from "./announcement.ts";

const http: Endpoint = { scheme: "http", host: "127.0.0.1", port: 7000, description: "API" };
const lines: Endpoint = {
  scheme: "tcp",
  host: "0.0.0.0",
  port: 7001,
  description: "lines: newline framing, durable acks",
};
const udp = (port: number, description: string): Endpoint => ({
  scheme: "udp",
  host: "127.0.0.1",
  port,
  description,
  warning: "the buffer is short",
});

test("announcement() names every endpoint, where things are kept, and commands that fit the ports", () => {
  const text = announcement([http, lines, udp(7010, "raw: raw datagrams")], "/data");
  for (const part of [
    "Fairlead is ready.",
    "  http://127.0.0.1:7000  API\n",
    "  tcp://0.0.0.0:7001     lines: newline framing, durable acks\n",
    "kept in /data\n",
    "nc -N 127.0.0.1 7001\n",
    "nc -u -w1 127.0.0.1 7010\n",
    "  npx fairlead tail --after 0\n",
  ])
    assert.ok(text.includes(part), `${part} is not in ${text}`);
});

test("announcement() gives only commands that would work, and says where the API is when it is elsewhere", () => {
  const text = announcement(
    [
      { ...http, host: "::", port: 8000 },
      { ...lines, description: "frames: netstring framing, durable acks" },
    ],
    "/data",
  );
  assert.doesNotMatch(text, /printf|nc -u/);
  assert.match(text, /npx fairlead tail --after 0 --url http:\/\/\[::1\]:8000\n/);
});

test("announcement() says a warning once, however many endpoints it is about", () => {
  const text = announcement([http, udp(7010, "raw"), udp(5514, "syslog")], "/data");
  const note = "Note: the buffer is short (7010/udp, 5514/udp).\n";
  assert.equal(text.split(note).length, 2);
  assert.doesNotMatch(announcement([http, lines], "/data"), /Note/);
});
