import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { findBinary, redisMissing, skipOrFail, startRedis, temporaryDirectory } from "@fairlead/harness";
import { readRedisAddress } from "./address.ts";
import { openRedisState } from "./open.ts";

test("readRedisAddress() reads every part of the address, and shows none of its secrets", async () => {
  await using directory = await temporaryDirectory();
  writeFileSync(directory.file("password"), "from file\n");
  const full = await readRedisAddress({ url: "redis://us%40er:p%3Aw@example.org:7000/3" });
  assert.deepEqual(full, {
    where: "example.org:7000",
    options: { host: "example.org", port: 7_000, db: 3, username: "us@er", password: "p:w" },
  });
  assert.deepEqual((await readRedisAddress({ url: "redis://localhost" })).options, {
    host: "localhost",
    port: 6_379,
    db: 0,
  });
  assert.deepEqual((await readRedisAddress({ url: "rediss://[::1]:1" })).options, {
    host: "::1",
    port: 1,
    db: 0,
    tls: {},
  });
  const withFile = await readRedisAddress({
    url: "redis://:url@h",
    passwordFile: directory.file("password"),
  });
  assert.equal(withFile.options.password, "from file");
});

test("readRedisAddress() refuses what is no address, without repeating a secret", async () => {
  for (const url of ["", "localhost:6379", "http://h", "redis://:secret@h/x", "redis://"]) {
    await assert.rejects(readRedisAddress({ url }), (error: Error) => !error.message.includes("secret"));
  }
  const missing = readRedisAddress({ url: "redis://h", passwordFile: "/nowhere/password" });
  await assert.rejects(missing, { code: "INVALID_ARGUMENT", message: /\/nowhere\/password/ });
});

describe("openRedisState()", { skip: skipOrFail(redisMissing()) }, () => {
  test("logs in with the password of a file, and says in health that a wrong one was refused", async () => {
    await using directory = await temporaryDirectory();
    writeFileSync(directory.file("right"), "the secret\n");
    writeFileSync(directory.file("wrong"), "not it\n");
    await using redis = await startRedis({ settings: [["requirepass", "the secret"]] });
    const { url } = redis;
    await using right = await openRedisState({ url, passwordFile: directory.file("right") });
    await right.values.set("a", 1, 1_000);
    await using wrong = await openRedisState({ url, passwordFile: directory.file("wrong") });
    await assert.rejects(wrong.values.get("a"), { code: "STATE_UNAVAILABLE" });
    assert.match(wrong.health().problems.join(), /WRONGPASS/);
    assert.doesNotMatch(wrong.health().problems.join(), /not it/);
    await using none = await openRedisState({ url });
    await assert.rejects(none.values.get("a"), { code: "STATE_UNAVAILABLE" });
    assert.match(none.health().problems.join(), /NOAUTH/);
  });

  const noOpenssl = findBinary("openssl") ? undefined : "no openssl";
  test("speaks TLS with a checked certificate", { skip: skipOrFail(noOpenssl) }, async () => {
    await using directory = await temporaryDirectory();
    const [key, certificate] = [directory.file("key.pem"), directory.file("cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject];
    execFileSync("openssl", [...request, "-keyout", key, "-out", certificate], { stdio: "ignore" });
    await using redis = await startRedis({ tls: { certificate, key } });
    assert.match(redis.url, /^rediss:/);
    await using trusting = await openRedisState({ url: redis.url, caFile: certificate });
    await trusting.values.set("a", 1, 1_000);
    await using careful = await openRedisState({ url: redis.url });
    await assert.rejects(careful.values.get("a"), { code: "STATE_UNAVAILABLE" });
    assert.match(careful.health().problems.join(), /self-signed certificate/);
  });
});
