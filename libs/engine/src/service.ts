import type { Bus } from "@fairlead/bus";
import type { HealthCheck, Router } from "@fairlead/chassis";
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
  /** @throws {FairleadError} when it cannot start; nothing stays open then */
  create(context: ServiceContext<z.output<Schema>>): Promise<RunningService>;
}
