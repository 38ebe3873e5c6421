import assert from "node:assert/strict";
import { readdir, readFile, readlink } from "node:fs/promises";
import { test } from "node:test";
import type { TcpConnectionsPage } from "@fairlead/contracts";
import { eventually, exchange, RawClient } from "@fairlead/harness";
import { startGateway } from "./running.ts";

const labels = { listener: "listener-0" };

test("several workers share a port, are counted together, and drain together", async () => {
  await using gateway = await startGateway([{}], { workers: 2 });
  const workers = await workerPids();
  const before = await Promise.all(workers.map(openSockets));
  const isShared = async () => {
    const now = await Promise.all(workers.map(openSockets));
    return now.every((count, worker) => count > before[worker]!);
  };
  const held: RawClient[] = [];
  // The kernel chooses the worker of a connection: dial until each has one.
  while (!(await isShared())) {
    const client = await RawClient.dial(gateway.port());
    held.push(client);
    await client.send("held\n");
    assert.equal(await client.readLine(), "OK 1");
  }
  for (let i = 0; i < 30; i++) assert.match(await exchange(gateway.port(), "a\nb\n"), /OK 2\n$/);
  const published = held.length + 60;
  assert.equal(gateway.bus.records.length, published);
  assert.equal(await gateway.metric("published_records_total", labels), published);
  const { connections } = (await gateway.call("GET /tcp/connections"))!.body as TcpConnectionsPage;
  const open = connections.filter(({ records }) => records === 1);
  assert.equal(open.length, held.length);
  for (const { id } of open) {
    assert.equal((await gateway.call("DELETE /tcp/connections/{id}", { id }))?.status, 202);
  }
  for (const client of held) {
    assert.match((await client.readAll()).toString(), /^ERR CLOSED /);
    client.end();
  }
  await using last = await RawClient.dial(gateway.port());
  await last.send("last\n");
  assert.equal(await last.readLine(), "OK 1");
  const drained = gateway.service.drain(new AbortController().signal);
  assert.match((await last.readAll()).toString(), /^ERR DRAINING /);
  last.end();
  await drained;
  assert.equal(gateway.bus.records.length, published + 1);
  assert.equal(await gateway.metric("published_records_total", labels), published + 1);
  await assert.rejects(RawClient.dial(gateway.port()), { code: "ECONNREFUSED" });
});

test("a worker that is killed is started again, on the same port, and what it acknowledged is stored", async () => {
  await using gateway = await startGateway([{ lifecycleEvents: false }], { workers: 2 });
  await using client = await RawClient.dial(gateway.port());
  await client.send("kept\n");
  assert.equal(await client.readLine(), "OK 1");
  const before = await workerPids();
  assert.equal(before.length, 2);
  for (const pid of before) process.kill(pid, "SIGKILL");
  await client.readAll();
  const [check] = gateway.service.checks;
  const areNew = async () => {
    const after = await workerPids();
    return after.length === 2 && !after.some((pid) => before.includes(pid));
  };
  await eventually(areNew, "two other workers");
  await eventually(async () => (await check!.check()).status === "ok", "workers that listen");
  for (let i = 0; i < 10; i++) assert.match(await exchange(gateway.port(), "more\n"), /^OK 1\n$/);
  assert.equal(gateway.bus.records.filter((record) => record === "kept").length, 1);
  assert.equal(gateway.bus.records.length, 11);
});

test("a worker that cannot listen fails the start, and leaves nothing behind", async () => {
  await using taken = await startGateway([{}]);
  await assert.rejects(startGateway([{ port: taken.port() }], { workers: 2 }), { code: "ADDRESS_IN_USE" });
  assert.deepEqual(await workerPids(), []);
});

async function openSockets(pid: number): Promise<number> {
  const files = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => "")));
  return targets.filter((target) => target.startsWith("socket:")).length;
}

/** Children of this process that run a worker. */
async function workerPids(): Promise<number[]> {
  const pids: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, "utf8").catch(() => "");
    const command = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    const isOurs = new RegExp(`^PPid:\\t${process.pid}$`, "m").test(status) && !/^State:\tZ/m.test(status);
    if (isOurs && command.includes("worker.ts")) pids.push(Number(name));
  }
  return pids;
}
