import { createSocket, type Socket, type SocketOptions } from "node:dgram";
import { lookup } from "node:dns/promises";
import { formatAddress } from "@fairlead/core";
import { addressFamily, internetAddress } from "./address.ts";
import { SocketError } from "./errors.ts";
import { KernelDrops } from "./kernel-drops.ts";
import { checkLimit, toSocketError } from "./system-errors.ts";
import type { BindUdpOptions, ReceiveBuffer, UdpSocket } from "./udp.ts";
import { BoundUdpSocket } from "./udp-socket.ts";

/** The largest payload of a UDP datagram over IPv4 (RFC 768, RFC 791). */
const maxDatagramBytes = 65_507;

/**
 * Binds a UDP socket, IPv4 or IPv6 as the host says.
 *
 * @throws {SocketError} ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, PERMISSION_DENIED, NAME_NOT_FOUND, BAD_OPTION
 */
export async function bindUdp(options: BindUdpOptions): Promise<UdpSocket> {
  const what = `bind UDP ${formatAddress(options)}`;
  checkLimit("maxPendingDatagrams", options.maxPendingDatagrams, 1);
  checkLimit("maxPendingBytes", options.maxPendingBytes, maxDatagramBytes);
  checkLimit("maxUnsentBytes", options.maxUnsentBytes, 1);
  checkLimit("receiveBufferBytes", options.receiveBufferBytes, 1);
  checkLimit("sendBufferBytes", options.sendBufferBytes, 1);
  if (!Number.isInteger(options.port) || options.port < 0 || options.port > 65_535) {
    throw new SocketError("BAD_OPTION", `Cannot ${what}: a port is a whole number from 0 to 65535`);
  }
  const host = await resolve(options.host, what);
  const family = addressFamily(host) === "ipv6" ? "ipv6" : "ipv4";
  const socketOptions: SocketOptions = {
    type: family === "ipv6" ? "udp6" : "udp4",
    reuseAddr: options.reuseAddress ?? false,
    reusePort: options.reusePort ?? false,
    ipv6Only: options.ipv6Only ?? false,
  };
  const socket = createSocket(socketOptions);
  try {
    const drops = await bind(socket, host, options.port, family);
    const { address, port } = socket.address();
    const receiveBuffer = setReceiveBuffer(socket, options.receiveBufferBytes);
    if (options.sendBufferBytes !== undefined) socket.setSendBufferSize(options.sendBufferBytes);
    const bound = new BoundUdpSocket({
      socket,
      local: internetAddress(address, port),
      drops,
      receiveBuffer,
      maxPendingDatagrams: options.maxPendingDatagrams,
      maxPendingBytes: options.maxPendingBytes,
      maxUnsentBytes: options.maxUnsentBytes ?? 1_048_576,
      multicastInterface: options.multicast?.interface,
      onError: options.onError,
    });
    configure(socket, bound, options);
    return bound;
  } catch (error) {
    socket.on("error", () => {}).close();
    throw toSocketError(error, what);
  }
}

async function resolve(host: string, what: string): Promise<string> {
  if (addressFamily(host) !== undefined) return host;
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw toSocketError(error, what);
  }
}

/** Binds and finds the drop counter in the same turn of the loop: `KernelDrops.find` must run in that turn. */
function bind(
  socket: Socket,
  host: string,
  port: number,
  family: "ipv4" | "ipv6",
): Promise<KernelDrops | undefined> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ port, address: host, exclusive: true }, () => {
      socket.off("error", reject);
      resolve(KernelDrops.find(family, socket.address().port));
    });
  });
}

function setReceiveBuffer(socket: Socket, askedBytes: number | undefined): ReceiveBuffer {
  try {
    if (askedBytes !== undefined) socket.setRecvBufferSize(askedBytes);
  } catch {
    // macOS refuses a size above its limit. Linux grants less without an error. The granted size shows both.
  }
  // Linux counts its own bookkeeping and reports twice the size that can be asked for (socket(7), SO_RCVBUF).
  const grantedBytes = Math.floor(socket.getRecvBufferSize() / (process.platform === "linux" ? 2 : 1));
  return { askedBytes, grantedBytes, isShort: askedBytes !== undefined && grantedBytes < askedBytes };
}

function configure(socket: Socket, bound: UdpSocket, { broadcast, multicast = {} }: BindUdpOptions): void {
  if (broadcast) bound.setBroadcast(true);
  if (multicast.interface !== undefined) socket.setMulticastInterface(multicast.interface);
  if (multicast.ttl !== undefined) socket.setMulticastTTL(multicast.ttl);
  if (multicast.loopback !== undefined) socket.setMulticastLoopback(multicast.loopback);
  for (const group of multicast.groups ?? []) bound.joinMulticast(group);
}
