import type { AdmissionOptions, ConnectionTimeLimits, ListenOptions } from "@fairlead/socket";
import type { EdgeListenerConfig } from "./edge-config.ts";

/** The keys that decide who may connect: what can be changed while an edge runs. */
export type EdgeAdmission = Pick<EdgeListenerConfig, "allow" | "deny"> & {
  readonly limits: Pick<
    EdgeListenerConfig["limits"],
    "maxConnections" | "maxConnectionsPerAddress" | "acceptRate"
  >;
};

/** Who may connect, in the words of libs/socket. */
export function admissionOptions({ limits, allow, deny }: EdgeAdmission): AdmissionOptions {
  const { maxConnections, maxConnectionsPerAddress, acceptRate } = limits;
  return {
    maxConnections,
    maxConnectionsPerAddress,
    ...(acceptRate !== undefined && { acceptRatePerSecond: acceptRate }),
    ...(allow && { allow }),
    deny,
  };
}

/** A listener's limits in the words of libs/socket. */
export function listenOptions(config: EdgeListenerConfig): Omit<ListenOptions, "onConnection"> {
  const { limits, tcpKeepAlive, linger, backlog } = config;
  return {
    ...admissionOptions(config),
    limits: timeLimits(limits),
    keepAliveMs: tcpKeepAlive,
    lingerMs: linger,
    backlog,
  };
}

function timeLimits({
  firstByte,
  frame,
  idle,
  total,
  send,
}: EdgeListenerConfig["limits"]): ConnectionTimeLimits {
  return {
    ...(firstByte !== undefined && { firstByteMs: firstByte }),
    ...(frame !== undefined && { frameMs: frame }),
    ...(idle !== undefined && { idleMs: idle }),
    ...(total !== undefined && { totalMs: total }),
    ...(send !== undefined && { sendMs: send }),
  };
}
