import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import type { EngineConfig, PlannedSocket } from "@fairlead/engine";
import { freePort, skipOrFail, smallDisk, temporaryDirectory } from "@fairlead/harness";
import { checkAccess } from "./check-access.ts";
import { checkDirectories, checkDirectory } from "./check-directory.ts";
import { checkPort } from "./check-port.ts";
import { checkReceiveBuffer } from "./check-receive-buffer.ts";
import { checkNode, checkOpenFiles } from "./check-system.ts";
import { checkUnixSocket } from "./check-unix-socket.ts";
import { describeFindings, worstOf } from "./finding.ts";

const statuses = (findings: readonly { status: string }[]) => findings.map(({ status }) => status);

for (const [version, status] of [
  ["v24.18.0", "ok"],
  ["v25.0.0", "ok"],
  ["v24.17.9", "fault"],
  ["v20.20.2", "fault"],
] as const) {
  test(`checkNode() says ${status} when the version is ${version}`, () => {
    assert.equal(checkNode(version).status, status);
  });
}

test("checkOpenFiles() compares the limit with what the configuration allows", () => {
  const limits = (soft: number) =>
    `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 4096                 files\n`;
  assert.deepEqual(statuses(checkOpenFiles(800, limits(1_024))), ["ok"]);
  const [short] = checkOpenFiles(10_000, limits(1_024));
  assert.equal(short?.status, "warning");
  assert.match(String(short?.advice), /LimitNOFILE=10200/);
  assert.deepEqual(checkOpenFiles(10, ""), []);
});

const growth = (maxBytes: number) => ({ what: "the log", key: "bus.maxBytes", maxBytes });

test("checkDirectory() is content when the directory can be made on a disk with room, and makes nothing", async () => {
  await using directory = await temporaryDirectory();
  const findings = checkDirectory(directory.file("not/yet"), growth(1_000));
  assert.equal(findings[0]?.status, "ok");
  assert.match(String(findings[0]?.words), /will be made/);
  assert.deepEqual(checkDirectory(directory.path, growth(1_000))[0]?.words, "can be written");
});

test("checkDirectory() says that the path is no directory when it is a file", async () => {
  await using directory = await temporaryDirectory();
  await writeFile(directory.file("data"), "");
  const [writable] = checkDirectory(directory.file("data"), growth(1_000));
  assert.equal(writable?.status, "fault");
  assert.match(String(writable?.words), /not a directory/);
});

test("checkDirectory() says when the log may grow over what is free", async () => {
  await using directory = await temporaryDirectory();
  const findings = checkDirectory(directory.path, growth(2 ** 60));
  assert.ok(findings.some(({ status, words }) => status !== "ok" && /free of/.test(words)));
});

test("checkDirectory() says that the path is a link that leads nowhere", async () => {
  await using directory = await temporaryDirectory();
  await symlink(directory.file("nowhere"), directory.file("link"));
  for (const path of ["link", "link/data"]) {
    const findings = checkDirectory(directory.file(path), growth(1_000));
    assert.deepEqual(statuses(findings), ["fault"]);
    assert.match(String(findings[0]?.words), /link is a link that leads nowhere/);
  }
});

test("checkDirectories() looks at the spool where RabbitMQ has the log, and where it is", async () => {
  await using directory = await temporaryDirectory();
  const dataDir = directory.path;
  const config = (more: object) =>
    ({
      dataDir,
      bus: { maxBytes: 1_000, spool: { path: "spool.db", maxBytes: 2 ** 60 }, ...more },
    }) as EngineConfig;
  const words = (findings: readonly { words: string }[]) =>
    findings.map((finding) => finding.words).join("\n");
  assert.doesNotMatch(words(checkDirectories(config({}))), /may grow/);
  const amqp = { url: "amqp://h" };
  assert.match(words(checkDirectories(config({ amqp }))), /the spool may grow to/);
  await writeFile(directory.file("file"), "");
  const elsewhere = checkDirectories(config({ amqp, spool: { path: "file/spool.db", maxBytes: 1 } }));
  assert.deepEqual(elsewhere.map(({ subject, status }) => [subject, status]).slice(0, 2), [
    [`data directory ${dataDir}`, "ok"],
    [`directory of the spool ${directory.file("file")}`, "fault"],
  ]);
});

const { disk, reason } = await smallDisk(8 * 2 ** 20);

test("checkDirectory() says that the disk is nearly full, and that it is memory, when it is a small tmpfs", {
  skip: skipOrFail(reason),
}, async () => {
  assert.ok(disk);
  await using _ = disk;
  const words = checkDirectory(disk.path, growth(1_000))
    .filter(({ status }) => status !== "ok")
    .map((finding) => finding.words);
  assert.match(String(words[0]), /^nearly full: 8MiB free of 8MiB/);
  assert.match(String(words[1]), /lives in memory/);
});

const planned = (more: Partial<PlannedSocket>): PlannedSocket => ({
  scheme: "tcp",
  host: "127.0.0.1",
  port: 1,
  what: "test",
  key: [],
  ...more,
});

test("checkPort() says free when nobody has it, and lets it go again", async () => {
  const port = await freePort();
  for (const scheme of ["tcp", "udp", "tcp"] as const) {
    const findings = await checkPort(planned({ scheme, port }), () => false);
    assert.deepEqual(statuses(findings), ["ok"]);
  }
});

test("checkPort() names who has the port, unless it is our own running process", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const taking = planned({ port: (server.address() as AddressInfo).port });
  const [taken] = await checkPort(taking, () => false);
  const [own] = await checkPort(taking, () => true);
  server.close();
  assert.equal(taken?.status, "fault");
  assert.match(String(taken?.words), /^in use by /);
  assert.equal(own?.status, "ok");
});

test("checkPort() says so when no interface has the address, or the name is unknown", async () => {
  const [foreign] = await checkPort(planned({ host: "192.0.2.1" }), () => false);
  assert.match(String(foreign?.words), /no interface of this machine has the address 192\.0\.2\.1/);
  // A label of 64 is longer than DNS allows: no name server is asked.
  const host = `${"a".repeat(64)}.invalid`;
  const [unknown] = await checkPort(planned({ host }), () => false);
  assert.equal(unknown?.words, `the name ${host} is not known`);
});

test("checkUnixSocket() says what keeps a start from having the path, and leaves nothing there", async () => {
  await using directory = await temporaryDirectory();
  await writeFile(directory.file("plain"), "");
  const check = async (path: string, isRunning = false) => {
    const [finding] = await checkUnixSocket(
      planned({ scheme: "unix", host: directory.file(path) }),
      isRunning,
    );
    return [finding?.status, finding?.words.replaceAll(directory.path, "")];
  };
  assert.deepEqual(await check("free"), ["ok", "free"]);
  assert.equal(existsSync(directory.file("free")), false);
  assert.deepEqual(await check("plain", true), ["fault", "a file that is not a socket is there"]);
  assert.match(String(await check("none/s")), /^fault,.*there is no directory \/none$/);
  assert.match(String(await check("plain/s")), /^fault,.*\/plain is not a directory$/);
  const server = createServer().listen(directory.file("taken"));
  await once(server, "listening");
  assert.deepEqual(await check("taken"), ["fault", "in use by another process"]);
  assert.deepEqual(await check("taken", true), ["ok", "in use by the running Fairlead"]);
  server.close();
});

const udp = (port: number, receiveBufferBytes: number) =>
  planned({ scheme: "udp", port, receiveBufferBytes });

test("checkReceiveBuffer() warns once, about the ports whose buffer is not granted", {
  skip: process.platform !== "linux" && "Linux only",
}, async () => {
  const findings = await checkReceiveBuffer([udp(7010, 2 ** 30), udp(5514, 4_096), udp(8125, 2 ** 30)]);
  assert.deepEqual(statuses(findings), ["warning"]);
  assert.match(String(findings[0]?.words), /of the 1GiB asked \(7010\/udp, 8125\/udp\)/);
  assert.match(String(findings[0]?.advice), /sysctl -w net\.core\.rmem_max=1073741824/);
  assert.deepEqual(statuses(await checkReceiveBuffer([udp(7010, 4_096)])), ["ok"]);
  assert.deepEqual(await checkReceiveBuffer([]), []);
});

test("checkAccess() finds a tokens file that cannot be used", async () => {
  await using directory = await temporaryDirectory();
  const tokensFile = directory.file("tokens.yaml");
  const http = (more: object) => ({ host: "127.0.0.1", ...more }) as EngineConfig["http"];
  assert.deepEqual(statuses(await checkAccess(http({}))), ["ok"]);
  assert.match(String((await checkAccess(http({ tokensFile })))[0]?.words), /cannot be read/);
  await writeFile(tokensFile, `tokens: [{ name: a, sha256: "${"0".repeat(64)}", scopes: [admin] }]`);
  assert.deepEqual(statuses(await checkAccess(http({ host: "0.0.0.0", tokensFile }))), ["ok"]);
});

test("describeFindings() ends with what the findings come to, and worstOf() with the worst", () => {
  const [ok, warning, fault] = (["ok", "warning", "fault"] as const).map((status) => ({
    subject: "s",
    status,
    words: "w",
  }));
  for (const [findings, worst, last] of [
    [[ok!], "ok", "All is well."],
    [[ok!, warning!], "warning", "Fairlead works; it could work better: 1 warning."],
    [[warning!, warning!, fault!], "fault", "Fairlead does not work like this: 1 fault, 2 warnings."],
  ] as const) {
    assert.equal(worstOf(findings), worst);
    assert.equal(describeFindings(findings).trimEnd().split("\n").at(-1), last);
  }
});
