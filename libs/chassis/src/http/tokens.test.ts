import assert from "node:assert/strict";
import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "@fairlead/core";
import { ManualClock } from "@fairlead/core/manual-clock";
import { ConfigError } from "../config/errors.ts";
import { createToken, mayUse, openTokens, parseTokens } from "./tokens.ts";

const line = (name: string, sha256: string, more = "") =>
  `  - { name: ${name}, sha256: "${sha256}", scopes: ["events:read"]${more} }\n`;

async function directory() {
  const path = await mkdtemp(join(tmpdir(), "fairlead-tokens-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("openTokens() knows the tokens of the file, and which have expired", async () => {
  await using dir = await directory();
  const file = join(dir.path, "tokens.yaml");
  const [a, b] = [createToken(), createToken()];
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  await writeFile(
    file,
    `tokens:\n${line("a", a.sha256)}${line("b", b.sha256.toUpperCase(), ", expires: 2026-01-02T00:00:00Z")}`,
  );
  const tokens = await openTokens(file, { logger: silentLogger, clock });
  assert.deepEqual(await tokens.authenticate(a.token), {
    status: "known",
    principal: { name: "a", scopes: ["events:read"] },
  });
  assert.equal((await tokens.authenticate(b.token)).status, "known");
  await clock.advance(86_400_000);
  assert.equal((await tokens.authenticate(b.token)).status, "expired");
  // Neither the digest itself nor nothing is a token.
  assert.equal((await tokens.authenticate(a.sha256)).status, "unknown");
  assert.equal((await tokens.authenticate("")).status, "unknown");
});

test("openTokens() reads a changed file again, and keeps the old tokens while it is wrong or gone", async () => {
  await using dir = await directory();
  const file = join(dir.path, "tokens.yaml");
  const [a, b] = [createToken(), createToken()];
  const clock = new ManualClock();
  const said: string[] = [];
  const say = (_: object, message: string) => void said.push(message);
  const replace = async (text: string) => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
    await clock.advance(1_000);
  };
  await writeFile(file, `tokens:\n${line("a", a.sha256)}`);
  const tokens = await openTokens(file, { logger: { ...silentLogger, info: say, error: say }, clock });

  await replace("tokens: [");
  assert.equal((await tokens.authenticate(a.token)).status, "known");
  await clock.advance(1_000);
  assert.equal((await tokens.authenticate(a.token)).status, "known");
  assert.deepEqual(said, ["cannot read the tokens again: the old ones stay"], "said once");

  await replace(`tokens:\n${line("b", b.sha256)}`);
  const answers = await Promise.all([tokens.authenticate(a.token), tokens.authenticate(b.token)]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["unknown", "known"],
  );

  await rm(file);
  await clock.advance(1_000);
  assert.equal((await tokens.authenticate(b.token)).status, "known");
  assert.equal(said.at(-1), "cannot read the tokens again: the old ones stay");
});

for (const [what, text, expected] of [
  ["no token", "tokens: []", /must have at least one token/],
  ["an empty file", "", /tokens is missing/],
  [
    "a plain token",
    'tokens: [{ name: a, sha256: "hunter2", scopes: [admin] }]',
    /is "\*\*\*": must be the SHA-256/,
  ],
  [
    "an unknown scope",
    `tokens: [{ name: a, sha256: "${"0".repeat(64)}", scopes: [everything] }]`,
    /must be like "events:read"/,
  ],
  [
    "no scope",
    `tokens: [{ name: a, sha256: "${"0".repeat(64)}", scopes: [] }]`,
    /scopes is a list: must be at least 1 entries/,
  ],
  [
    "a date that is none",
    `tokens:\n${line("a", "0".repeat(64), ", expires: tomorrow")}`,
    /must be a time like/,
  ],
] as const) {
  test(`parseTokens() refuses ${what} and shows nothing of a token`, () => {
    assert.throws(
      () => parseTokens(text, "t"),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, expected);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
  });
}

test("openTokens() refuses a file that others can write, at the start and when it changes", async () => {
  await using dir = await directory();
  const file = join(dir.path, "tokens.yaml");
  const [a, b] = [createToken(), createToken()];
  await writeFile(file, `tokens:\n${line("a", a.sha256)}`);
  const clock = new ManualClock();
  for (const mode of [0o620, 0o602]) {
    await chmod(file, mode);
    await assert.rejects(openTokens(file, { logger: silentLogger }), {
      code: "CONFIG_INVALID",
      message: /can be written by others \(mode 6[02][02]\)/,
    });
  }
  await chmod(file, 0o644);
  const tokens = await openTokens(file, { logger: silentLogger, clock });
  await writeFile(file, `tokens:\n${line("b", b.sha256)}`);
  await chmod(file, 0o666);
  await clock.advance(1_000);
  assert.equal((await tokens.authenticate(b.token)).status, "unknown");
  assert.equal((await tokens.authenticate(a.token)).status, "known");
});

test("openTokens() says which file cannot be read", async () => {
  await assert.rejects(openTokens("/nowhere/tokens", { logger: silentLogger }), {
    code: "CONFIG_UNREADABLE",
    message: /\/nowhere\/tokens/,
  });
});

test("mayUse() needs the scope itself or admin", () => {
  const reader = { name: "r", scopes: ["tcp:read"] };
  assert.ok(mayUse(reader, "tcp:read"));
  assert.ok(!mayUse(reader, "tcp:write"));
  assert.ok(!mayUse(reader, "admin"));
  assert.ok(mayUse({ name: "a", scopes: ["admin"] }, "tcp:write"));
});
