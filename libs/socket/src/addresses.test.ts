import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatAddress } from "@fairlead/core";
import { dialPlain, echo, eventually, failure, listenLoopback, nameThatIsNone } from "../test/loopback.ts";
import { addressFamily, internetAddress, unixAddress } from "./address.ts";
import { dialTcp, dialUnix } from "./dial.ts";
import { SocketError } from "./errors.ts";
import { bindUnixDatagram, listenUnix } from "./listen.ts";
import type { ListenUnixOptions } from "./listener.ts";

const connectTimeoutMs = 60_000;
const limits = { maxConnections: 10, maxConnectionsPerAddress: 10, onConnection: echo };

async function socketPath(): Promise<{ path: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-"));
  return { path: join(folder, "x.sock"), [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

const listen = (path: string, options: Partial<ListenUnixOptions> = {}) =>
  listenUnix({ path, ...limits, ...options });

test("formatAddress() writes each family so that it can be read", () => {
  assert.equal(formatAddress(internetAddress("10.0.0.1", 80)), "10.0.0.1:80");
  assert.equal(formatAddress(internetAddress("::1", 80)), "[::1]:80");
  assert.equal(formatAddress(internetAddress("::ffff:10.0.0.1", 80)), "10.0.0.1:80");
  assert.equal(formatAddress(unixAddress("/run/x")), "unix:/run/x");
  assert.equal(addressFamily("fe80::1%lo"), "ipv6");
  assert.equal(addressFamily("localhost"), undefined);
});

for (const { host, family } of [
  { host: "127.0.0.1", family: "ipv4" },
  { host: "::1", family: "ipv6" },
]) {
  test(`listenTcp() and dialTcp() know both ends on ${host}`, async () => {
    await using listener = await listenLoopback(echo, { host });
    assert.deepEqual({ ...listener.address, port: 0 }, { family, host, port: 0 });
    await using client = await dialTcp({ host, port: listener.address.port, connectTimeoutMs });
    await client.send("x");
    await client.readExactly(1);
    const [accepted] = listener.connections;
    assert.deepEqual(client.remote, listener.address);
    assert.deepEqual(accepted?.local, listener.address);
    assert.deepEqual(accepted?.remote, client.local);
  });
}

test("listenTcp() on :: gives an IPv4 peer as IPv4", async () => {
  await using listener = await listenLoopback(echo, { host: "::" });
  await using client = await dialTcp({ host: "127.0.0.1", port: listener.address.port, connectTimeoutMs });
  await eventually(() => listener.connections.count === 1);
  const [accepted] = listener.connections;
  assert.deepEqual(accepted?.remote, client.local);
  assert.equal(accepted?.remote.family, "ipv4");
});

test("listenTcp() with ipv6Only has no IPv4", async () => {
  await using listener = await listenLoopback(echo, { host: "::", ipv6Only: true });
  const dialled = dialTcp({ host: "127.0.0.1", port: listener.address.port, connectTimeoutMs });
  assert.equal(await failure(dialled), "CONNECTION_REFUSED");
});

test("listenTcp() with reusePort shares a port, without it names the port that is in use", async () => {
  await using first = await listenLoopback(echo, { reusePort: true });
  const { port } = first.address;
  await using second = await listenLoopback(echo, { port, reusePort: true });
  assert.equal(second.address.port, port);
  const error = await listenLoopback(echo, { port }).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof SocketError);
  assert.equal(error.code, "ADDRESS_IN_USE");
  assert.match(error.message, new RegExp(`^Cannot listen on TCP 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`));
});

test("listenTcp() refuses an address that this machine does not have", async () => {
  assert.equal(await failure(listenLoopback(echo, { host: "203.0.113.1" })), "ADDRESS_UNAVAILABLE");
});

test("dialTcp() dials from the local address that it is told", async () => {
  await using listener = await listenLoopback(echo);
  const { host, port } = listener.address;
  await using client = await dialTcp({ host, port, localAddress: "127.0.0.9", connectTimeoutMs });
  await eventually(() => listener.connections.count === 1);
  const [accepted] = listener.connections;
  assert.equal(client.local.host, "127.0.0.9");
  assert.deepEqual(accepted?.remote, client.local);
});

test("dialTcp() raises CONNECTION_REFUSED and NAME_NOT_FOUND", async () => {
  const listener = await listenLoopback(echo);
  const { host, port } = listener.address;
  await listener[Symbol.asyncDispose]();
  assert.equal(await failure(dialTcp({ host, port, connectTimeoutMs })), "CONNECTION_REFUSED");
  assert.equal(await failure(dialTcp({ host: nameThatIsNone, port: 1, connectTimeoutMs })), "NAME_NOT_FOUND");
});

test("listenUnix() and dialUnix() carry bytes, and only this user may connect", async () => {
  await using folder = await socketPath();
  await using listener = await listen(folder.path);
  assert.deepEqual(listener.address, unixAddress(folder.path));
  assert.equal((await stat(folder.path)).mode & 0o777, 0o600);
  await using client = await dialUnix({ path: folder.path, connectTimeoutMs });
  await client.send("hello\n");
  assert.equal(await client.readLine(10), "hello");
  await client.end();
  assert.equal(await client.read(), undefined);
});

test("listenUnix() sets the permissions that it is told", async () => {
  await using folder = await socketPath();
  await using _ = await listen(folder.path, { mode: 0o660 });
  assert.equal((await stat(folder.path)).mode & 0o777, 0o660);
});

test("listenUnix() replaces a socket file on which nobody answers, and no other", async () => {
  await using folder = await socketPath();
  const { path } = folder;
  // A server whose file outlives it, as after kill -9: the name that it would remove at its close is not this one.
  const old = createServer((socket) => socket.resume()).listen(`${path}.old`);
  await once(old, "listening");
  await rename(`${path}.old`, path);
  assert.equal(await failure(listen(path)), "ADDRESS_IN_USE");
  old.close();
  await once(old, "close");
  assert.ok((await stat(path)).isSocket());
  const listener = await listen(path);
  (await dialPlain(listener)).destroy();
  assert.equal(await failure(listen(path)), "ADDRESS_IN_USE");
  await listener[Symbol.asyncDispose]();
  await assert.rejects(stat(path), { code: "ENOENT" });
  await writeFile(path, "precious");
  assert.equal(await failure(listen(path)), "ADDRESS_IN_USE");
  assert.equal((await stat(path)).size, 8);
});

test("listenUnix() says that the directory is missing, or is a file", async () => {
  await using folder = await socketPath();
  const listening = () => listen(join(folder.path, "s"));
  await assert.rejects(listening, {
    code: "ADDRESS_UNAVAILABLE",
    message: /there is no directory \S+x\.sock$/,
  });
  await writeFile(folder.path, "");
  await assert.rejects(listening, { code: "ADDRESS_UNAVAILABLE", message: /x\.sock is not a directory$/ });
});

test("listenUnix() takes an abstract name on Linux", { skip: process.platform !== "linux" }, async () => {
  const path = `\0fairlead-test-${process.pid}`;
  await using listener = await listen(path);
  assert.equal(listener.address.host, path);
  await using client = await dialUnix({ path, connectTimeoutMs });
  await client.send("x");
  assert.equal((await client.readExactly(1)).toString(), "x");
});

test("dialUnix() raises CONNECTION_REFUSED where no socket file is, listenUnix() BAD_OPTION for a path too long", async () => {
  await using folder = await socketPath();
  assert.equal(await failure(dialUnix({ path: folder.path, connectTimeoutMs })), "CONNECTION_REFUSED");
  assert.equal(await failure(listen(join(folder.path, "x".repeat(120)))), "BAD_OPTION");
});

test("bindUnixDatagram() says that Node has none", () => {
  assert.throws(() => bindUnixDatagram(), { code: "UNSUPPORTED", message: /Unix datagram/ });
});
