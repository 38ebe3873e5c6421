import type { ConnectionTimeLimits, ListenOptions } from "@fairlead/socket";
import type { ListenerConfig } from "./config.ts";

/** A listener's limits in the words of libs/socket. */
export function listenOptions({
  limits,
  allow,
  deny,
  keepAlive,
  linger,
  backlog,
}: ListenerConfig): Omit<ListenOptions, "onConnection"> {
  const { maxConnections, maxConnectionsPerAddress, acceptRate } = limits;
  return {
    maxConnections,
    maxConnectionsPerAddress,
    ...(acceptRate !== undefined && { acceptRatePerSecond: acceptRate }),
    ...(allow && { allow }),
    deny,
    limits: timeLimits(limits),
    keepAliveMs: keepAlive,
    lingerMs: linger,
    backlog,
  };
}

function timeLimits({ firstByte, frame, idle, total, send }: ListenerConfig["limits"]): ConnectionTimeLimits {
  return {
    ...(firstByte !== undefined && { firstByteMs: firstByte }),
    ...(frame !== undefined && { frameMs: frame }),
    ...(idle !== undefined && { idleMs: idle }),
    ...(total !== undefined && { totalMs: total }),
    ...(send !== undefined && { sendMs: send }),
  };
}
