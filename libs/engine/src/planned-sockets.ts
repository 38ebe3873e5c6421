import { isIP, isIPv4 } from "node:net";
import { resolve } from "node:path";
import { type CrossCheck, formatPath } from "@fairlead/chassis";
import { formatAddress } from "@fairlead/core";
import type { PlannedSocket } from "./service.ts";

/** Refuses two sockets on the same address. @param sockets with their keys in the whole configuration */
export function refuseSharedSockets(sockets: readonly PlannedSocket[], { refuse }: CrossCheck): void {
  for (const [index, socket] of sockets.entries()) {
    const other = sockets.slice(0, index).find((earlier) => isConflict(earlier, socket));
    if (other !== undefined) refuse(socket.key, `${formatPath(other.key)} binds ${placeOf(other)} already`);
  }
}

function isConflict(a: PlannedSocket, b: PlannedSocket): boolean {
  if (a.scheme !== b.scheme || (a.isShared && b.isShared)) return false;
  if (a.scheme === "unix") return resolve(a.host) === resolve(b.host);
  return a.port !== 0 && a.port === b.port && (a.host === b.host || covers(a, b) || covers(b, a));
}

/**
 * A wildcard address takes the port on every address of its family, and "::" on those of IPv4 as well. What a host name stands
 * for is not known here.
 */
function covers({ host, ipv6Only = false }: PlannedSocket, other: PlannedSocket): boolean {
  if (host === "0.0.0.0") return isIPv4(other.host);
  return host === "::" && isIP(other.host) >= (ipv6Only ? 6 : 4);
}

function placeOf({ scheme, host, port }: PlannedSocket): string {
  return scheme === "unix" ? host : formatAddress({ host, port });
}
