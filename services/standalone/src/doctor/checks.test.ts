import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { freePort, skipOrFail, smallDisk, temporaryDirectory } from "@fairlead/harness";
import { checkDirectory } from "./check-directory.ts";
import { checkPort } from "./check-port.ts";
import { checkNode, checkOpenFiles } from "./check-system.ts";

const statuses = (findings: readonly { status: string }[]) => findings.map(({ status }) => status);

for (const [version, status] of [
  ["v24.18.0", "ok"],
  ["v25.0.0", "ok"],
  ["v24.17.9", "failed"],
  ["v20.20.2", "failed"],
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
  assert.equal(short?.status, "degraded");
  assert.match(String(short?.advice), /ulimit -n 10200/);
  assert.deepEqual(checkOpenFiles(10, ""), []);
});

test("checkDirectory() is content when the directory can be made on a disk with room, and makes nothing", async () => {
  await using directory = await temporaryDirectory();
  const findings = checkDirectory(directory.file("not/yet"), 1_000);
  assert.equal(findings[0]?.status, "ok");
  assert.match(String(findings[0]?.words), /will be made/);
  assert.deepEqual(checkDirectory(directory.path, 1_000)[0]?.words, "can be written");
});

test("checkDirectory() says that the path is no directory when it is a file", async () => {
  await using directory = await temporaryDirectory();
  await writeFile(directory.file("data"), "");
  const [writable] = checkDirectory(directory.file("data"), 1_000);
  assert.equal(writable?.status, "failed");
  assert.match(String(writable?.words), /not a directory/);
});

test("checkDirectory() says when the log may grow over what is free", async () => {
  await using directory = await temporaryDirectory();
  const findings = checkDirectory(directory.path, 2 ** 60);
  assert.ok(findings.some(({ status, words }) => status !== "ok" && /free of/.test(words)));
});

const { disk, reason } = await smallDisk(8 * 2 ** 20);

test("checkDirectory() says that the disk is nearly full, and that it is memory, when it is a small tmpfs", {
  skip: skipOrFail(reason),
}, async () => {
  assert.ok(disk);
  await using _ = disk;
  const words = checkDirectory(disk.path, 1_000)
    .filter(({ status }) => status !== "ok")
    .map((finding) => finding.words);
  assert.match(String(words[0]), /^nearly full: 8MiB free of 8MiB/);
  assert.match(String(words[1]), /lives in memory/);
});

test("checkPort() says free when nobody has it, and lets it go again", async () => {
  const port = await freePort();
  for (const protocol of ["tcp", "udp", "tcp"] as const) {
    const findings = await checkPort({ protocol, host: "127.0.0.1", port, what: "test" }, () => false);
    assert.deepEqual(statuses(findings), ["ok"]);
  }
});

test("checkPort() names who has the port, unless it is our own running process", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const planned = {
    protocol: "tcp",
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    what: "test",
  } as const;
  const [taken] = await checkPort(planned, () => false);
  const [own] = await checkPort(planned, () => true);
  server.close();
  assert.equal(taken?.status, "failed");
  assert.match(String(taken?.words), /^in use by /);
  assert.equal(own?.status, "ok");
});

test("checkPort() says so when no interface has the address, or the name is unknown", async () => {
  const [foreign] = await checkPort(
    { protocol: "tcp", host: "192.0.2.1", port: 1, what: "test" },
    () => false,
  );
  assert.match(String(foreign?.words), /no interface of this machine has the address 192\.0\.2\.1/);
  // A label of 64 is longer than DNS allows: no name server is asked.
  const host = `${"a".repeat(64)}.invalid`;
  const [unknown] = await checkPort({ protocol: "tcp", host, port: 1, what: "test" }, () => false);
  assert.equal(unknown?.words, `the name ${host} is not known`);
});

test("checkPort() says what the kernel grants when a receive buffer is too large", {
  skip: process.platform !== "linux" && "Linux only",
}, async () => {
  const findings = await checkPort(
    { protocol: "udp", host: "127.0.0.1", port: await freePort(), what: "test", receiveBufferBytes: 2 ** 30 },
    () => false,
  );
  assert.deepEqual(statuses(findings), ["degraded"]);
  assert.match(String(findings[0]?.advice), /sysctl -w net\.core\.rmem_max=1073741824/);
});
