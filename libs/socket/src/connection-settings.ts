import { type Clock, systemClock } from "@fairlead/core";
import type { ConnectionOptions } from "./listener.ts";
import { type Sweep, sharedSweep, sweepsOf } from "./sweep.ts";
import { checkLimit } from "./system-errors.ts";

/** The settings that the connections of one listener share. The settings are checked, and times are counted in sweeps. */
export interface ConnectionSettings {
  readonly clock: Clock;
  readonly sweep: Sweep;
  readonly maxChunkBytes: number;
  readonly maxUnsentBytes: number;
  readonly noDelay: boolean;
  readonly keepAliveMs: number | undefined;
  readonly limitSweeps: Readonly<Record<"firstByte" | "frame" | "idle" | "total" | "send", number>>;
}

/** @throws {SocketError} BAD_OPTION */
export function connectionSettings(options: ConnectionOptions): ConnectionSettings {
  const { limits = {}, clock = systemClock, maxChunkBytes = 65_536, maxUnsentBytes = 1_048_576 } = options;
  for (const [name, value] of Object.entries(limits)) checkLimit(`limits.${name}`, value, 1);
  checkLimit("maxChunkBytes", maxChunkBytes, 1);
  checkLimit("maxUnsentBytes", maxUnsentBytes, 1);
  checkLimit("keepAliveMs", options.keepAliveMs, 1);
  return {
    clock,
    sweep: sharedSweep(clock),
    maxChunkBytes,
    maxUnsentBytes,
    noDelay: options.noDelay ?? true,
    keepAliveMs: options.keepAliveMs,
    limitSweeps: {
      firstByte: sweepsOf(limits.firstByteMs),
      frame: sweepsOf(limits.frameMs),
      idle: sweepsOf(limits.idleMs),
      total: sweepsOf(limits.totalMs),
      send: sweepsOf(limits.sendMs),
    },
  };
}
