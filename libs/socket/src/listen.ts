import { chmodSync } from "node:fs";
import { lstat, stat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { errorCode, formatAddress } from "@fairlead/core";
import { unixAddress } from "./address.ts";
import { SocketError } from "./errors.ts";
import type { ListenTcpOptions, ListenUnixOptions, StreamListener } from "./listener.ts";
import { StreamServer } from "./stream-listener.ts";

/**
 * Binds and listens on TCP, IPv4 or IPv6.
 *
 * @throws {SocketError} ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, PERMISSION_DENIED, NAME_NOT_FOUND, BAD_OPTION
 */
export async function listenTcp(options: ListenTcpOptions): Promise<StreamListener> {
  const { host, port, reusePort = false, ipv6Only = false } = options;
  const server = new StreamServer(options);
  const what = `listen on TCP ${formatAddress({ host, port })}`;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new SocketError("BAD_OPTION", `Cannot ${what}: a port is a whole number from 0 to 65535`);
  }
  await server.listen({ host, port, reusePort, ipv6Only }, what);
  return server;
}

/**
 * Binds and listens on a Unix-stream socket. A socket file is replaced when its process is gone. A socket file on which a process
 * answers is not. (Two processes that start in the same moment on the same stale file may both win. The later one then has the
 * path.)
 *
 * @throws {SocketError} ADDRESS_IN_USE also when the path is a file of another kind; ADDRESS_UNAVAILABLE when its directory is
 *   missing; PERMISSION_DENIED, BAD_OPTION
 */
export async function listenUnix(options: ListenUnixOptions): Promise<StreamListener> {
  const { path, mode = 0o600 } = options;
  const server = new StreamServer(options);
  const what = `listen on ${formatAddress(unixAddress(path))}`;
  const isAbstract = path.startsWith("\0");
  if (!isAbstract) await removeStale(path, what);
  try {
    // The mode is set before the loop turns, so that nobody connects under other permissions.
    await server.listen({ path }, what, () => {
      if (!isAbstract && server.isListening) chmodSync(path, mode);
    });
  } catch (error) {
    if (!isAbstract && errorCode(error) !== "BAD_OPTION") await refuseMissingDirectory(dirname(path), what);
    throw error;
  }
  return server;
}

/** Explains a missing directory. libuv reports EACCES for one, which would blame permissions. */
async function refuseMissingDirectory(directory: string, what: string): Promise<void> {
  const found = await stat(directory).catch((error: unknown) => errorCode(error));
  if (found === "ENOENT") {
    throw new SocketError("ADDRESS_UNAVAILABLE", `Cannot ${what}: there is no directory ${directory}`);
  }
  if (found === "ENOTDIR" || (typeof found === "object" && !found.isDirectory())) {
    throw new SocketError("ADDRESS_UNAVAILABLE", `Cannot ${what}: ${directory} is not a directory`);
  }
}

async function removeStale(path: string, what: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new SocketError("ADDRESS_IN_USE", `Cannot ${what}: the path is there and is not a socket`);
  }
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = connect({ path });
    probe.once("error", (error) => resolve(errorCode(error)));
    probe.once("connect", () => {
      probe.destroy();
      resolve(undefined);
    });
  });
  if (code === "ECONNREFUSED") await unlink(path);
  else if (code === undefined) {
    throw new SocketError("ADDRESS_IN_USE", `Cannot ${what}: another process listens on it`);
  }
}

/** Node has no Unix datagram sockets. @throws {SocketError} UNSUPPORTED always */
export function bindUnixDatagram(): never {
  throw new SocketError(
    "UNSUPPORTED",
    "Cannot bind a Unix datagram socket: Node has none; use listenUnix (stream) or bindUdp on 127.0.0.1",
  );
}
