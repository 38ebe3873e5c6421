import type { UdpEventType, UdpListenerKind } from "@fairlead/contracts";
import type { z } from "zod";
import type { CounterOptions } from "./counters.ts";
import type { Session, SessionParts } from "./session.ts";
import type { SharedConfig } from "./shared-keys.ts";

/** Everything that the collector knows of one kind of listener. How to add a kind: docs/how-to/add-a-listener-kind.md. */
export interface ListenerKind<
  Name extends UdpListenerKind = UdpListenerKind,
  Schema extends z.ZodType<SharedConfig & { kind: Name }> = z.ZodType<SharedConfig & { kind: Name }>,
  Counter extends string = string,
> {
  readonly name: Name;
  /** What an endpoint of this kind takes: "statsd and DogStatsD". */
  readonly description: string;
  /** A strict object: the shared keys, `kind`, and the keys of this kind alone. */
  readonly configSchema: Schema;
  /** The type of all events of the kind. */
  readonly eventType: UdpEventType;
  /** What is bound where the configuration names no listeners. */
  readonly defaultListener: { readonly name: string; readonly port: number };
  /** A command that sends one datagram; {host} and {port} stand for those of the endpoint. */
  readonly tryWith: string;
  /** The counters that only this kind has, beside those of every listener. */
  readonly counters: Readonly<Record<Counter, CounterOptions>>;
  createSession(config: z.output<Schema>, parts: SessionParts<Counter>): Session;
}

/** Infers the types of a kind from its parts. */
export function listenerKind<
  Name extends UdpListenerKind,
  Schema extends z.ZodType<SharedConfig & { kind: Name }>,
  Counter extends string,
>(kind: ListenerKind<Name, Schema, Counter>): ListenerKind<Name, Schema, Counter> {
  return kind;
}
