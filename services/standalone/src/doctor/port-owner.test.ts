import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { temporaryDirectory } from "@fairlead/harness";
import { findPortOwner } from "./port-owner.ts";

const head =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

/** A line as in /proc/net/tcp; 0A is LISTEN, 01 ESTABLISHED. */
const line = (port: number, state: string, inode: number) =>
  `   0: 0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`;

async function createProc(tables: Readonly<Record<string, string[]>>) {
  const directory = await temporaryDirectory();
  await mkdir(directory.file("net"));
  for (const [table, lines] of Object.entries(tables)) {
    await writeFile(directory.file(`net/${table}`), [head, ...lines, ""].join("\n"));
  }
  await mkdir(directory.file("42/fd"), { recursive: true });
  await writeFile(directory.file("42/comm"), "python3\n");
  await symlink("/dev/null", directory.file("42/fd/0"));
  await symlink("socket:[777]", directory.file("42/fd/3"));
  return directory;
}

const cases: readonly {
  name: string;
  tables: Record<string, string[]>;
  protocol: "tcp" | "udp";
  found: boolean;
}[] = [
  { name: "it listens", tables: { tcp: [line(7001, "0A", 777)] }, protocol: "tcp", found: true },
  {
    name: "it listens on IPv6",
    tables: { tcp: [], tcp6: [line(7001, "0A", 777)] },
    protocol: "tcp",
    found: true,
  },
  {
    name: "it is only connected from there",
    tables: { tcp: [line(7001, "01", 777)] },
    protocol: "tcp",
    found: false,
  },
  { name: "another port listens", tables: { tcp: [line(7002, "0A", 777)] }, protocol: "tcp", found: false },
  { name: "it has the UDP port", tables: { udp: [line(7001, "07", 777)] }, protocol: "udp", found: true },
  {
    name: "the socket is of another user",
    tables: { tcp: [line(7001, "0A", 778)] },
    protocol: "tcp",
    found: false,
  },
  { name: "there is no proc", tables: {}, protocol: "tcp", found: false },
];

for (const { name, tables, protocol, found } of cases) {
  test(`findPortOwner() gives ${found ? "the process" : "nothing"} when ${name}`, async () => {
    await using proc = await createProc(tables);
    const owner = findPortOwner(protocol, 7001, proc.path);
    assert.deepEqual(owner, found ? { pid: 42, command: "python3" } : undefined);
  });
}

test("findPortOwner() finds this process", {
  skip: existsSync("/proc/net/tcp") ? false : "no /proc",
}, async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const owner = findPortOwner("tcp", (server.address() as AddressInfo).port);
  server.close();
  assert.equal(owner?.pid, process.pid);
});
