import { isIPv4, isIPv6 } from "node:net";
import type { SocketAddress } from "./connection.ts";
import { SocketError } from "./errors.ts";

const mappedPrefix = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** "::ffff:10.0.0.1" -> "10.0.0.1" (RFC 4291, 2.5.5.2). Any other text stays unchanged. */
export function unmapAddress(host: string): string {
  return host.replace(mappedPrefix, "");
}

/** A TCP or UDP end as the kernel names one. An IPv4-mapped IPv6 address becomes the IPv4 address. */
export function internetAddress(host: string, port: number): SocketAddress {
  const plain = host.includes(":") ? unmapAddress(host) : host;
  return { family: plain.includes(":") ? "ipv6" : "ipv4", host: plain, port };
}

/** @throws {SocketError} BAD_OPTION when the kernel has no room for the path (unix(7), sun_path: 108 bytes with the NUL) */
export function unixAddress(path: string): SocketAddress {
  if (Buffer.byteLength(path) > 107) {
    throw new SocketError(
      "BAD_OPTION",
      `Cannot use socket path ${JSON.stringify(path)}: it has at most 107 bytes`,
    );
  }
  return { family: "unix", host: path, port: 0 };
}

/** "::" and "fe80::1%eth0" are ipv6, "0.0.0.0" ipv4, a name undefined. */
export function addressFamily(host: string): "ipv4" | "ipv6" | undefined {
  if (isIPv4(host)) return "ipv4";
  return isIPv6(host) ? "ipv6" : undefined;
}
