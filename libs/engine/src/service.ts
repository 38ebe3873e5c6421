import type { Bus } from "@fairlead/bus";
import type { HealthCheck, Router, Sound } from "@fairlead/chassis";
import type { ServiceName } from "@fairlead/contracts";
import type { Clock, Logger, Meter } from "@fairlead/core";
import type { State } from "@fairlead/state";
import type { z } from "zod";

/** What a service is given. It reaches for nothing else. */
export interface ServiceContext<Config> {
  /** This service's section of the configuration, checked. */
  readonly config: Config;
  /** Identifies this run of this process in events, presence and logs. */
  readonly instance: string;
  readonly bus: Bus;
  readonly state: State;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly clock: Clock;
  /** Mounted under `/v1`: the service adds its routes here. */
  readonly router: Router;
}

/** Something that can be reached, for the list that a start prints and for `doctor`. */
export interface Endpoint {
  /** "tcp", "udp", "http", "unix" */
  readonly scheme: string;
  readonly host: string;
  /** The port that was bound, also where 0 was asked. */
  readonly port: number;
  /** "lines: newline framing, durable acks" */
  readonly description: string;
  /** What works, but not as it should, in words without a full stop: "the kernel grants less buffer than was asked". */
  readonly warning?: string;
}

/** A socket that a configuration asks for, before anything is bound. */
export interface PlannedSocket {
  readonly scheme: "tcp" | "udp" | "unix";
  /** For a Unix socket its path. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** "listener lines" */
  readonly what: string;
  /** The key that says so, in the service's section: ["listeners", 0, "port"]. */
  readonly key: readonly PropertyKey[];
  /** It goes along with others on the same port that are shared as well. */
  readonly isShared?: boolean;
  /** With host "::": without IPv4. */
  readonly ipv6Only?: boolean;
  /** Asked of the kernel, for UDP. */
  readonly receiveBufferBytes?: number;
}

/** A service that runs. Disposing stops it at once; `drain` first stops it gracefully. */
export interface RunningService extends AsyncDisposable {
  readonly endpoints: readonly Endpoint[];
  readonly checks: readonly HealthCheck[];
  /**
   * Takes nothing new, makes everything that was accepted durable and says so to whoever waits for it, then resolves.
   * Resolves early when the signal fires.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/** The one thing that a service package exports: its name, its section of the configuration, how to start it. */
export interface ServiceDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly name: ServiceName;
  readonly configSchema: Schema;
  /** Every socket that the section asks for, as far as it parsed. Not given: none. */
  sockets?(config: Sound<z.output<Schema>>): readonly PlannedSocket[];
  /** @throws {FairleadError} when it cannot start; nothing stays open then */
  create(context: ServiceContext<z.output<Schema>>): Promise<RunningService>;
}
