import type { AdmissionOptions, ConnectionTimeLimits, ListenOptions } from "@fairlead/socket";
import type { EdgeConfig, EdgeListenerConfig } from "./edge-config.ts";

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
export function listenOptions(config: EdgeConfig): Omit<ListenOptions, "onConnection"> {
  const { tcpKeepAlive, linger, backlog } = config;
  return {
    ...admissionOptions(config),
    limits: timeLimits(config),
    keepAliveMs: tcpKeepAlive,
    lingerMs: linger,
    backlog,
  };
}

const defaultFirstByteMs = 60_000;
const defaultIdleMs = 900_000;

/** A limit of silence in milliseconds; undefined for none. */
function silence(
  limit: number | "none" | undefined,
  defaultMs: number,
  isSilent: boolean,
): number | undefined {
  if (limit === undefined) return isSilent ? undefined : defaultMs;
  return limit === "none" ? undefined : limit;
}

function timeLimits({ limits, isSilent = false }: EdgeConfig): ConnectionTimeLimits {
  const { frame, total, send } = limits;
  const firstByte = silence(limits.firstByte, defaultFirstByteMs, isSilent);
  const idle = silence(limits.idle, defaultIdleMs, isSilent);
  return {
    ...(firstByte !== undefined && { firstByteMs: firstByte }),
    ...(frame !== undefined && { frameMs: frame }),
    ...(idle !== undefined && { idleMs: idle }),
    ...(total !== undefined && { totalMs: total }),
    ...(send !== undefined && { sendMs: send }),
  };
}
