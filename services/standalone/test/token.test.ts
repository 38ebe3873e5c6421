/** `fairlead token create`, and that what it prints lets somebody in. */
import assert from "node:assert/strict";
import { appendFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { scopes } from "@fairlead/contracts";
import { temporaryDirectory } from "@fairlead/harness";
import { configOf, freePorts, runFairlead, startFairlead, writeConfig } from "./fairlead.ts";

const create = (directory: string, ...args: string[]) => runFairlead(directory, ["token", "create", ...args]);

test("token create gives an entry for the tokens file and a token that it lets in, for its scopes only", async () => {
  await using directory = await temporaryDirectory();
  const file = directory.file("tokens.yaml");
  const made = await create(
    directory.path,
    "--name",
    'a "b": #c',
    "--scope",
    "events:read",
    "--scope",
    "udp:read",
  );
  assert.equal(made.code, 0, made.stderr);
  const token = /shown this once: (fl_[\w-]{43})$/m.exec(made.stderr)?.[1] ?? "";
  assert.ok(token !== "" && !made.stdout.includes(token));
  await writeFile(file, "tokens:\n");
  await appendFile(file, made.stdout);
  await writeConfig(directory.path, configOf(await freePorts(), { log: { level: "warn" } }));
  await using fairlead = await startFairlead(directory.path, { FAIRLEAD_TOKENS_FILE: file });
  const statusOf = async (path: string, bearer?: string) => {
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    return (await fetch(`${fairlead.ready.url}${path}`, { headers })).status;
  };
  assert.equal(await statusOf("/v1/events?follow=false", token), 200);
  assert.equal(await statusOf("/v1/udp/listeners", token), 200);
  assert.equal(await statusOf("/v1/tcp/connections", token), 403);
  assert.equal(await statusOf("/v1/udp/listeners"), 401);

  const document = (await (await fetch(`${fairlead.ready.url}/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { security?: { bearer: string[] }[] }>>;
  };
  const asked = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ security = [] }) => security.flatMap(({ bearer }) => bearer));
  assert.deepEqual(
    new Set([...asked, "admin"]),
    new Set(Object.keys(scopes)),
    "the scopes that routes ask for",
  );
});

test("token create --json gives the token and its entry, with the end of its life", async () => {
  await using directory = await temporaryDirectory();
  const before = Date.now();
  const made = await create(directory.path, "--json", "--name", "x", "--scope", "admin", "--expires", "90d");
  const { token, entry } = JSON.parse(made.stdout);
  assert.match(token, /^fl_/);
  assert.match(entry.sha256, /^[0-9a-f]{64}$/);
  const days = (Date.parse(entry.expires) - before) / 86_400_000;
  assert.ok(days >= 90 && days < 90.1);
  assert.equal(made.stderr, "");
});

for (const [args, says] of [
  [["--name", "x"], /required option '--scope <scope>'/],
  [["--scope", "admin"], /required option '--name <name>'/],
  [["--name", "x", "--scope", "event:read"], /there are events:read, tcp:read/],
  [["--name", "", "--scope", "admin"], /1 to 64 characters/],
  [["--name", "x", "--scope", "admin", "--expires", "soon"], /Cannot read the expiry "soon"/],
  [["--name", "x", "--scope", "admin", "--expires", "2027-01-31"], /with its offset/],
  [["--name", "x", "--scope", "admin", "--expires", "2020-01-31T00:00:00Z"], /must be in the future/],
] as const) {
  test(`token create ${args.join(" ")} ends with 2 and makes nothing`, async () => {
    await using directory = await temporaryDirectory();
    const { code, stdout, stderr } = await create(directory.path, ...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
    assert.equal(stdout, "");
  });
}
