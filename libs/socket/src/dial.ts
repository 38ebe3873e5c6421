import { connect, type Socket, type TcpNetConnectOpts } from "node:net";
import { formatAddress, onAbort } from "@fairlead/core";
import { internetAddress, unixAddress } from "./address.ts";
import type { Connection, SocketAddress } from "./connection.ts";
import { connectionSettings } from "./connection-settings.ts";
import { SocketError } from "./errors.ts";
import type { DialOptions, DialTcpOptions, DialUnixOptions } from "./listener.ts";
import { StreamConnection } from "./stream-connection.ts";
import { checkLimit, toSocketError } from "./system-errors.ts";

/**
 * Connects over TCP. Of a name with several addresses the first that answers is taken (RFC 8305).
 *
 * @throws {SocketError} CONNECTION_REFUSED, UNREACHABLE, TIMED_OUT (all retryable), NAME_NOT_FOUND, ADDRESS_IN_USE and
 *   ADDRESS_UNAVAILABLE for the local address, BAD_OPTION; the reason of `signal` when it fires
 */
export async function dialTcp(options: DialTcpOptions): Promise<Connection> {
  const { host, port, localAddress, localPort, family, connectTimeoutMs } = options;
  const what = `connect to ${formatAddress({ host, port })}`;
  const target: TcpNetConnectOpts = {
    host,
    port,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(localPort === undefined ? {} : { localPort }),
    ...(family === undefined ? {} : { family }),
    // Node gives each address 250 ms, which is too short for a slow path.
    autoSelectFamilyAttemptTimeout: Math.max(250, Math.floor(connectTimeoutMs / 4)),
  };
  return dial(options, what, target, (socket) => ({
    remote: internetAddress(socket.remoteAddress ?? host, socket.remotePort ?? port),
    local: internetAddress(socket.localAddress ?? "", socket.localPort ?? 0),
  }));
}

/** Connects to a Unix-stream socket. @throws {SocketError} CONNECTION_REFUSED, PERMISSION_DENIED, TIMED_OUT, BAD_OPTION */
export async function dialUnix(options: DialUnixOptions): Promise<Connection> {
  const remote = unixAddress(options.path);
  return dial(options, `connect to unix:${options.path}`, { path: options.path }, () => ({
    remote,
    local: unixAddress(""),
  }));
}

async function dial(
  options: DialOptions,
  what: string,
  target: TcpNetConnectOpts | { path: string },
  ends: (socket: Socket) => { remote: SocketAddress; local: SocketAddress },
): Promise<Connection> {
  const { connectTimeoutMs, signal } = options;
  const settings = connectionSettings(options);
  checkLimit("connectTimeoutMs", connectTimeoutMs, 1);
  signal?.throwIfAborted();
  let socket: Socket;
  try {
    // readableHighWaterMark has the value of StreamServer. Node passes the option on to the stream, though its types lack the
    // option.
    const half = { allowHalfOpen: true, readableHighWaterMark: 1, noDelay: settings.noDelay };
    socket = connect({ ...target, ...half });
  } catch (error) {
    throw toSocketError(error, what);
  }
  return new Promise<Connection>((resolve, reject) => {
    const giveUp = (reason: unknown) => {
      settle();
      socket.on("error", () => {}).destroy();
      reject(reason);
    };
    const fail = (error: Error) => giveUp(toSocketError(error, what));
    const timer = settings.clock.timer(connectTimeoutMs, () => {
      const text = `Cannot ${what}: no answer within ${connectTimeoutMs} ms`;
      giveUp(new SocketError("TIMED_OUT", text, { retryable: true }));
    });
    const settle = () => {
      timer[Symbol.dispose]();
      aborting[Symbol.dispose]();
      socket.off("error", fail);
    };
    const aborting = onAbort(signal, () => giveUp(signal?.reason));
    socket.once("error", fail);
    socket.once("connect", () => {
      settle();
      if (settings.keepAliveMs !== undefined) socket.setKeepAlive(true, settings.keepAliveMs);
      const { remote, local } = ends(socket);
      resolve(new StreamConnection(socket, remote, local, settings));
    });
  });
}
