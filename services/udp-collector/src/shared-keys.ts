import { bytes, cidr, count, duration, flag, host, listenerName, port, section } from "@fairlead/chassis";
import { z } from "zod";

const multicast = z
  .strictObject({
    groups: z.array(z.string()).min(1).describe("Groups to join, IPv4 or IPv6 as the host is"),
    interface: z
      .string()
      .optional()
      .describe(
        'Interface to join on: an IPv4 address, or for IPv6 a zone like "::%eth0". Default: the system\'s',
      ),
  })
  .optional()
  .describe("Multicast groups to listen to. Default: none");

/** The keys of every listener, whatever its kind. */
export const sharedKeys = {
  name: listenerName().describe("Name of the listener: in events, metrics, logs and the HTTP API"),
  host: host("127.0.0.1").describe(
    "Address to bind; decides the family. One that is not loopback needs `allow`",
  ),
  port: port(0).describe("Port to bind; 0: any free one"),
  receiveBufferBytes: bytes("8MiB", { min: "4KiB", max: "1GiB" }).describe(
    "Receive buffer asked of the kernel, which may grant less (net.core.rmem_max); what does not fit is in kernel_dropped",
  ),
  maxPendingDatagrams: count(200_000).describe(
    "Datagrams that wait for their event at most; the newest is dropped and counted as rejected{reason=overflow}",
  ),
  maxPendingBytes: bytes("64MiB", { min: "64KiB" }).describe(
    "The same in bytes. While a batch is published another may wait",
  ),
  reusePort: flag(false).describe(
    "Share the port between processes; the kernel spreads by source (SO_REUSEPORT)",
  ),
  reuseAddress: flag(false).describe("Several sockets on one multicast port, each hears all (SO_REUSEADDR)"),
  ipv6Only: flag(false).describe('With host "::": take no IPv4'),
  multicast,
  allow: z
    .array(cidr())
    .min(1)
    .optional()
    .describe("Sources to take; others are rejected{reason=denied}. Default: all (on loopback)"),
  deny: z.array(cidr()).default([]).describe("Sources not to take; stands above allow"),
};

const shared = z.strictObject(sharedKeys);

export type SharedConfig = z.output<typeof shared>;

/** The key `batch` of the kinds that make an event of each batch of datagrams. */
export const batchKey = section({
  maxRecords: count(10_000, { max: 1_000_000 }).describe(
    "Records of one event at most; more become the next event",
  ),
  maxBytes: bytes("1MiB", { min: "1KiB", max: "8MiB" }).describe(
    "Data of one event at most, before the container is added; a larger record is an event of its own",
  ),
  interval: duration("5ms", { max: "100ms" }).describe(
    "Shortest time between two events of a busy listener; a datagram after a longer silence is published at once",
  ),
}).describe("How datagrams become events");

export type BatchConfig = z.output<typeof batchKey>;
