import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { openSqliteBus } from "@fairlead/bus";
import {
  eventually,
  exchange,
  freePort,
  rabbitMissing,
  skipOrFail,
  startProcess,
  startRabbit,
  temporaryDirectory,
} from "@fairlead/harness";

const run = promisify(execFile);
const cli = new URL("../bin/fairlead.mjs", import.meta.url).pathname;

/** Runs a command to its end; a code other than 0 is given, not thrown. */
async function fairlead(env: NodeJS.ProcessEnv, ...args: string[]) {
  const done = run(process.execPath, [cli, ...args], { env, maxBuffer: 1 << 26 });
  const ended = await done.catch((error: { code: number; stdout: string; stderr: string }) => error);
  return { code: "code" in ended ? ended.code : 0, stdout: ended.stdout, stderr: ended.stderr };
}

test("fairlead spool shows, exports and empties what a stopped Fairlead left for a broker that was away", {
  skip: skipOrFail(rabbitMissing()),
}, async () => {
  await using directory = await temporaryDirectory();
  await using rabbit = await startRabbit();
  await rabbit.stop();
  const [http, tcp] = [await freePort(), await freePort()];
  const config = {
    http: { port: http },
    "tcp-gateway": { listeners: [{ name: "lines", port: tcp, connectionEvents: false }] },
    "udp-collector": { listeners: [] },
  };
  const env = {
    ...process.env,
    FAIRLEAD_CONFIG: directory.file("fairlead.yaml"),
    FAIRLEAD_DATA_DIR: directory.file("data"),
    FAIRLEAD_AMQP_URL: rabbit.url,
    FAIRLEAD_LOG_LEVEL: "error",
  };

  await writeFile(env.FAIRLEAD_CONFIG, JSON.stringify(config));
  await using up = await startProcess(cli, { args: ["up", "--json"], env });
  await up.waitForLine("ready");
  assert.equal(String(await exchange({ host: "127.0.0.1", port: tcp }, "one\ntwo\n")), "OK 2\n");
  const inUse = await fairlead(env, "spool", "status");
  assert.equal(inUse.code, 1);
  assert.match(inUse.stderr, /a running Fairlead owns it.*fairlead doctor/);
  up.signal("SIGTERM");
  await up.exited;

  const status = JSON.parse((await fairlead(env, "spool", "status", "--json")).stdout);
  assert.equal(status.events, 1);
  assert.match((await fairlead(env, "spool", "verify")).stdout, /1 events wait/);
  for (const json of [[], ["--json"]]) {
    const [exported] = (await fairlead(env, "spool", "export", ...json)).stdout.trim().split("\n");
    assert.equal(JSON.parse(exported!).data, "one\ntwo\n");
  }

  await rabbit.start();
  const emptied = await fairlead(env, "spool", "empty");
  assert.equal(emptied.code, 0, emptied.stderr);
  assert.match(emptied.stdout, /nothing waits/);
  const hasArrived = async () =>
    /fairlead\.log\.v1\s+[1-9]/.test(await rabbit.rabbitmqctl("list_queues", "name", "messages"));
  await eventually(hasArrived, "the event in the log stream");
});

test("fairlead spool says that the embedded engine has none", async () => {
  await using directory = await temporaryDirectory();
  const { FAIRLEAD_AMQP_URL: _, ...rest } = process.env;
  const env = { ...rest, FAIRLEAD_DATA_DIR: directory.file("data") };
  for (const name of ["status", "verify", "export", "empty"]) {
    const { code, stderr } = await fairlead(env, "spool", name);
    assert.equal(code, 1);
    assert.match(stderr, /no RabbitMQ is configured/);
  }
});

test("fairlead spool empty that is stopped says how many events are left", async () => {
  await using directory = await temporaryDirectory();
  const env = {
    ...process.env,
    FAIRLEAD_DATA_DIR: directory.file("data"),
    FAIRLEAD_AMQP_URL: `amqp://127.0.0.1:${await freePort()}`,
  };
  {
    await using spool = await openSqliteBus({ path: directory.file("data/spool.db") });
    const attributes = {
      id: "1",
      source: "/test",
      type: "t",
      time: "2026-01-02T03:04:05.678Z",
      extensions: {},
    };
    await spool.publish({ ...attributes, datacontenttype: "text/plain", data: Buffer.from("one") });
  }
  await using empty = await startProcess(cli, { args: ["spool", "empty", "--json"], env });
  await empty.waitForLine("RabbitMQ");
  empty.signal("SIGTERM");
  const { code } = await empty.exited;
  assert.equal(code, 1);
  assert.equal(JSON.parse(empty.stdout.join("")).events, 1);
});
