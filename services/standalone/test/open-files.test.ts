import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { eventually, exchange, startProcess, temporaryDirectory } from "@fairlead/harness";
import { bin, configOf, environment, freePorts, writeConfig } from "./fairlead.ts";

test("up counts each connection that finds no open file, and answers probes meanwhile", {
  skip: process.platform === "linux" ? false : "the limit is read from /proc",
}, async () => {
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  await writeConfig(directory.path, configOf(ports));
  await using child = await startProcess("", {
    command: "/bin/sh",
    args: ["-c", 'ulimit -n 200; exec "$0" "$1" up --json', process.execPath, bin],
    cwd: directory.path,
    env: environment(directory.path),
  });
  await child.waitForJson<{ status: string }>((line) => line.status === "ready", { stream: "stdout" });
  const metric = async (pattern: RegExp) => {
    const response = await fetch(`http://127.0.0.1:${ports.http}/metrics`);
    return Number(pattern.exec(await response.text())?.[1]);
  };

  const clients = Array.from({ length: 300 }, () => connect(ports.lines, "127.0.0.1").on("error", () => {}));
  await Promise.all(clients.map((client) => Promise.race([once(client, "connect"), once(client, "close")])));
  const accepted = /^fairlead_tcp_gateway_opened_connections_total\{listener="lines"\} (\d+)$/m;
  const refused = /^fairlead_tcp_gateway_refused_connections_total\{.*reason="open-files".*\} (\d+)$/m;
  await eventually(
    async () => (await metric(accepted)) + (await metric(refused)) === clients.length,
    "each connection is counted",
  );
  assert.ok((await metric(refused)) > 100);
  for (const client of clients) client.destroy();
  await eventually(
    async () => (await exchange(ports.lines, "a\n").catch(() => "")) === "OK 1\n",
    "it accepts again",
  );
});
