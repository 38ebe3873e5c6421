import type { Bus } from "@fairlead/bus";
import type { HealthCheck, Router, Sound } from "@fairlead/chassis";
import type { ServiceName } from "@fairlead/contracts";
import type { Clock, Logger, Meter } from "@fairlead/core";
import type { WorkQueues } from "@fairlead/queues";
import type { State } from "@fairlead/state";
import type { z } from "zod";

/** The parts that a service can name in `needs`. */
export interface Parts {
  readonly bus: Bus;
  readonly state: State;
  readonly queues: WorkQueues;
}

export type PartName = keyof Parts;

/** A service is given what is its own, and the parts that it names in `needs`. A service reaches for nothing else. */
export type ServiceContext<Config, Needs extends PartName = never> = OwnContext<Config> & Pick<Parts, Needs>;

interface OwnContext<Config> {
  /** This service's section of the configuration, checked. */
  readonly config: Config;
  /** Identifies this run of this process in events, presence and logs. */
  readonly instance: string;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly clock: Clock;
  /** Mounted under `/v1`: the service adds its routes here. */
  readonly router: Router;
  /**
   * The service's own folder, `<dataDir>/<name of the service>`. The first call makes the folder, for this user only.
   * @throws {FairleadError} DATA_DIR_UNUSABLE
   */
  dataDir(): Promise<string>;
}

/** An address at which a service can be reached, for the list that a start prints. */
export interface Endpoint {
  /** "tcp", "udp", "http", "unix" */
  readonly scheme: string;
  readonly host: string;
  /** The port that was bound, also where the configuration says 0. */
  readonly port: number;
  /** "lines: newline framing, durable acks" */
  readonly description: string;
  /** A shell command that shows the endpoint at work, with `{host}` and `{port}`: "echo hi | nc -u -w1 {host} {port}". */
  readonly tryWith?: string;
  /** What does not work as it should, in words without a full stop: "the kernel grants less buffer than was asked". */
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
  /** The key of the socket in the service's section: ["listeners", 0, "port"]. */
  readonly key: readonly PropertyKey[];
  /** Other sockets may have the same port, if they are shared as well. */
  readonly isShared?: boolean;
  /** The host "::" does not take IPv4 as well. */
  readonly ipv6Only?: boolean;
  /** The receive buffer that is asked of the kernel, for UDP. */
  readonly receiveBufferBytes?: number;
}

/** A running service. Disposing stops the service at once; `drain` stops it gracefully before. */
export interface RunningService extends AsyncDisposable {
  readonly endpoints: readonly Endpoint[];
  readonly checks: readonly HealthCheck[];
  /**
   * Takes nothing new, makes everything that was accepted durable and acknowledges that, then resolves. Resolves early when the
   * signal fires.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/** What a start with a section of the configuration would do. Nothing is opened to find that out. */
export interface ServicePlan {
  readonly sockets: readonly PlannedSocket[];
  /** Connections at most, each of which takes a file descriptor. */
  readonly connections: number;
  /** Routing keys of the events that the service may publish. */
  readonly eventTypes: readonly string[];
}

/**
 * The one thing that a service package exports.
 * @example const echo: ServiceDefinition<typeof configSchema, ["bus"]> = { name, configSchema, needs: ["bus"], plan, open };
 */
export interface ServiceDefinition<
  Schema extends z.ZodType = z.ZodType,
  Needs extends readonly PartName[] = readonly PartName[],
> {
  readonly name: ServiceName;
  readonly configSchema: Schema;
  /** The parts that the service uses. The engine opens the parts that some service names, and no others. */
  readonly needs: Needs;
  /** @param config the section as far as it parsed: the plan is also asked for when some key is wrong */
  plan(config: Sound<z.output<Schema>>): ServicePlan;
  /** @throws {FairleadError} when the service cannot start; nothing stays open then */
  open(context: ServiceContext<z.output<Schema>, Needs[number]>): Promise<RunningService>;
}
