import { errorCode, toError } from "@fairlead/core";
import { SocketError, type SocketErrorCode } from "./errors.ts";

/** System error -> our code, our words, and whether the same call may succeed later without a change. */
const known: Readonly<Record<string, readonly [SocketErrorCode, string, boolean?]>> = {
  EADDRINUSE: ["ADDRESS_IN_USE", "another socket has this address"],
  EADDRNOTAVAIL: ["ADDRESS_UNAVAILABLE", "no interface of this machine has the address"],
  EACCES: ["PERMISSION_DENIED", "the system does not permit it"],
  EPERM: ["PERMISSION_DENIED", "the system does not permit it"],
  ENOTFOUND: ["NAME_NOT_FOUND", "the name is not known"],
  EAI_AGAIN: ["NAME_NOT_FOUND", "the name server does not answer", true],
  EAI_NODATA: ["NAME_NOT_FOUND", "the name has no address"],
  ENOENT: ["CONNECTION_REFUSED", "there is no such socket file", true],
  ECONNREFUSED: ["CONNECTION_REFUSED", "nobody listens there", true],
  ECONNRESET: ["CONNECTION_RESET", "the peer reset the connection", true],
  ECONNABORTED: ["CONNECTION_RESET", "the connection was aborted", true],
  EPIPE: ["CONNECTION_RESET", "the peer has closed the connection", true],
  ERR_STREAM_DESTROYED: ["CONNECTION_CLOSED", "the connection is closed"],
  ERR_STREAM_WRITE_AFTER_END: ["CONNECTION_CLOSED", "the sending direction was ended"],
  ERR_SOCKET_DGRAM_NOT_RUNNING: ["CONNECTION_CLOSED", "the socket is closed"],
  ERR_SOCKET_DGRAM_IS_CONNECTED: [
    "BAD_OPTION",
    "the socket is connected: send without a target, or disconnect",
  ],
  ERR_SOCKET_BAD_PORT: ["BAD_OPTION", "a port is a whole number from 1 to 65535"],
  EHOSTUNREACH: ["UNREACHABLE", "no route to the host", true],
  ENETUNREACH: ["UNREACHABLE", "no route to the network", true],
  ENETDOWN: ["UNREACHABLE", "the network is down", true],
  ETIMEDOUT: ["TIMED_OUT", "the peer does not answer", true],
  EMSGSIZE: ["DATAGRAM_TOO_LARGE", "the datagram is larger than the socket sends"],
  EMFILE: ["SOCKET_FAILED", "this process has no file descriptor left: raise ulimit -n", true],
  ENFILE: ["SOCKET_FAILED", "the system has no file descriptor left", true],
  EAFNOSUPPORT: ["UNSUPPORTED", "this machine does not have the address family"],
  ENOPROTOOPT: ["UNSUPPORTED", "this system does not have the option"],
  ENOTSUP: ["UNSUPPORTED", "this system does not have the option"],
};

/**
 * An error of a system call or of Node as an error of ours, with the original as its cause.
 *
 * @param what verb and object: "listen on 127.0.0.1:80"
 */
export function toSocketError(thrown: unknown, what: string): SocketError {
  if (thrown instanceof SocketError) return thrown;
  const systemCode = errorCode(thrown) ?? "";
  const [code, words, retryable = false] = known[systemCode] ?? ["SOCKET_FAILED", toError(thrown).message];
  const suffix = known[systemCode] ? ` (${systemCode})` : "";
  return new SocketError(code, `Cannot ${what}: ${words}${suffix}`, {
    retryable,
    cause: thrown,
    data: systemCode ? { systemCode } : {},
  });
}

/** @throws {SocketError} BAD_OPTION when a limit is not a whole number from `min` */
export function checkLimit(name: string, value: number | undefined, min: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min)) return;
  throw new SocketError("BAD_OPTION", `Cannot use ${name} ${value}: give a whole number from ${min}`);
}
