import { errorCode, toError } from "@fairlead/core";
import type { PlannedSocket } from "@fairlead/engine";
import { bindUdp, listenTcp } from "@fairlead/socket";
import { type Finding, fault, ok } from "./finding.ts";
import { findPortOwner, type PortOwner } from "./port-owner.ts";

/**
 * Checks that a port is free, by binding the port for a moment.
 * @param isOwn says that this process is the running Fairlead, whose ports are in use as they should be
 */
export async function checkPort(
  planned: PlannedSocket,
  isOwn: (owner: PortOwner | undefined) => boolean,
): Promise<Finding[]> {
  const { scheme, host, port, what } = planned;
  const subject = `${scheme} ${host}:${port} (${what})`;
  try {
    await (scheme === "udp" ? tryUdp(host, port) : tryTcp(host, port));
    return [ok(subject, "free")];
  } catch (error) {
    if (errorCode(error) !== "ADDRESS_IN_USE") return [fault(subject, ...whyNot(error, planned))];
    const owner = findPortOwner(scheme === "udp" ? "udp" : "tcp", port);
    if (isOwn(owner)) return [ok(subject, "in use by the running Fairlead")];
    const by = owner ? `${owner.command} (process ${owner.pid})` : "another process, perhaps of another user";
    const stop = owner ? `stop it (kill ${owner.pid})` : "stop it";
    return [fault(subject, `in use by ${by}`, `${stop}, or choose another port`)];
  }
}

async function tryTcp(host: string, port: number): Promise<void> {
  await using _ = await listenTcp({
    host,
    port,
    maxConnections: 1,
    maxConnectionsPerAddress: 1,
    onConnection: async () => {},
  });
}

async function tryUdp(host: string, port: number): Promise<void> {
  await using _ = await bindUdp({ host, port, maxPendingDatagrams: 1, maxPendingBytes: 65_507 });
}

/** @returns words and advice */
function whyNot(error: unknown, { host, port }: PlannedSocket): [words: string, advice: string] {
  switch (errorCode(error)) {
    case "PERMISSION_DENIED":
      return [
        "this user may not bind the port",
        `choose a port from 1024, or: sudo sysctl -w net.ipv4.ip_unprivileged_port_start=${port}`,
      ];
    case "ADDRESS_UNAVAILABLE":
      return [
        `no interface of this machine has the address ${host}`,
        "choose one that `ip address` shows, 127.0.0.1 for this machine only, or 0.0.0.0 for all",
      ];
    case "NAME_NOT_FOUND":
      return [`the name ${host} is not known`, "write an address, or make the name known"];
    default:
      return [`cannot bind: ${toError(error).message}`, "choose another address or port"];
  }
}
