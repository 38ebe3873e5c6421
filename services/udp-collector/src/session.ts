import type { Clock } from "@fairlead/core";
import type { UdpSocket } from "@fairlead/socket";
import type { Count } from "./counters.ts";
import type { ListenerEvents } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import type { Selection } from "./pieces.ts";
import type { Publisher } from "./publisher.ts";

/** What a session is given. */
export interface SessionParts<Counter extends string = string> {
  readonly publisher: Publisher;
  readonly ledger: Ledger;
  readonly events: ListenerEvents;
  /** Those that the kind asked for. */
  readonly counters: Readonly<Record<Counter, Count>>;
  readonly socket: Pick<UdpSocket, "send" | "local">;
  readonly clock: Clock;
  /** "/udp-collector/<instance>/<listener>" */
  readonly source: string;
  /** "<listener>/<instance>": with a record's number its identity, over restarts and processes. */
  readonly subject: string;
}

/** What becomes of the datagrams of one listener. */
export interface Session {
  /** Shortest time between two batches in milliseconds, so that datagrams pile up for a larger event; 0: none. */
  readonly intervalMs: number;
  /** Resolves when the next batch may come. @throws when the session was told to give up */
  take(datagrams: Selection): Promise<void>;
  /** Nothing more comes: publishes what is left. @throws when the session was told to give up */
  finish(): Promise<void>;
}
