import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { section } from "@fairlead/chassis";
import type { z } from "zod";
import { temporaryDirectory } from "../test/test-engine.ts";
import { runServices } from "./run-services.ts";
import type { PartName, ServiceContext, ServiceDefinition } from "./service.ts";

type Context = ServiceContext<unknown, PartName>;

/** What the service is given, what `/readyz` says of the parts, what is in the data directory, and whether the log can be read. */
async function start(needs: readonly PartName[], use: (context: Context) => Promise<void> = async () => {}) {
  await using directory = await temporaryDirectory();
  const dataDir = join(directory.path, "data");
  const seen: Context[] = [];
  const service: ServiceDefinition = {
    name: "http-fetcher",
    configSchema: section({}),
    needs,
    plan: () => ({ sockets: [], connections: 0, eventTypes: [] }),
    async open(context) {
      seen.push(context);
      await use(context);
      return { endpoints: [], checks: [], async drain() {}, async [Symbol.asyncDispose]() {} };
    },
  };
  const env = { FAIRLEAD_HTTP_PORT: "0", FAIRLEAD_LOG_LEVEL: "error", FAIRLEAD_DATA_DIR: dataDir };
  await using running = await runServices({ name: "test", services: [service], env, cwd: directory.path });
  const url = `http://127.0.0.1:${running.endpoints[0]?.port}`;
  const ready = await (await fetch(`${url}/readyz?verbose`)).text();
  const [context] = seen;
  assert.ok(context);
  return {
    context,
    parts: ready.split("\n").slice(1, -1),
    files: await readdir(dataDir).catch(() => undefined),
    events: (await fetch(`${url}/v1/events?follow=false`)).status,
  };
}

test("runServices() opens nothing where no service needs a part: no directory, no event stream", async () => {
  const { context, parts, files, events } = await start([]);
  assert.ok(!("bus" in context) && !("state" in context) && !("queues" in context));
  assert.deepEqual(parts, ["process ok"]);
  assert.equal(files, undefined);
  assert.equal(events, 404);
});

for (const [needs, file] of [
  ["bus", "events.db"],
  ["state", "state.db"],
  ["queues", "queues.db"],
] as const) {
  test(`runServices() opens ${needs} and no other part when that is what a service needs`, async () => {
    const { context, parts, files = [], events } = await start([needs]);
    assert.deepEqual(
      (["bus", "state", "queues"] as const).filter((name) => context[name] !== undefined),
      [needs],
    );
    assert.deepEqual(parts, ["process ok", `${needs} ok`]);
    assert.ok(files.includes(file), String(files));
    assert.ok(
      files.every((name) => name.startsWith(file.replace(".db", ""))),
      String(files),
    );
    assert.equal(events, needs === "bus" ? 200 : 404);
  });
}

test("a service sees by type the parts that it names, and no others", () => {
  type Seen = Parameters<ServiceDefinition<z.ZodObject, ["bus"]>["open"]>[0];
  const names: readonly (keyof Seen & PartName)[] = ["bus"];
  // @ts-expect-error: it does not say that it needs the state
  const other: keyof Seen = "state";
  assert.ok(!names.includes(other as "bus"));
});

test("dataDir() makes a folder for the service alone, when the service asks", async () => {
  const { files } = await start([], async ({ dataDir }) => {
    const path = await dataDir();
    assert.match(path, /data\/http-fetcher$/);
    assert.equal((await stat(path)).mode & 0o777, 0o700);
    assert.equal(await dataDir(), path);
  });
  assert.deepEqual(files, ["http-fetcher"]);
});
