import type { UdpEventType } from "@fairlead/contracts";
import type { Clock } from "@fairlead/core";
import { isFinal, type Ledger, type RetryingPublisher, rejectReason } from "@fairlead/ingress";
import type { UdpSocket } from "@fairlead/socket";
import type { Count } from "./counters.ts";
import type { ListenerEvents } from "./events.ts";
import type { Selection } from "./pieces.ts";

/** What a session is given. */
export interface SessionParts<Counter extends string = string> {
  readonly publisher: RetryingPublisher;
  readonly ledger: Ledger;
  readonly events: ListenerEvents;
  /** The counters that the kind asked for. */
  readonly counters: Readonly<Record<Counter, Count>>;
  /** The type of all events of the kind. */
  readonly eventType: UdpEventType;
  readonly socket: Pick<UdpSocket, "send" | "local">;
  readonly clock: Clock;
  /** Fires when the time to stop is over. */
  readonly givingUp: AbortSignal;
  /** "/udp-collector/<instance>/<listener>" */
  readonly source: string;
  /** "<listener>/<instance>": with a record's number its identity, over restarts and processes. */
  readonly subject: string;
}

/** What becomes of the datagrams of one listener. */
export interface Session {
  /** Shortest time between two batches in milliseconds, so that datagrams pile up for a larger event; 0: none. */
  readonly intervalMs: number;
  /** Resolves when the next batch may come. @throws what the bus said, when the time to stop is over */
  take(datagrams: Selection): Promise<void>;
  /** Nothing more comes: publishes what is left. @throws what the bus said, when the time to stop is over */
  finish(): Promise<void>;
}

/**
 * Counts datagrams whose event the bus never takes. Datagrams whose event the bus might still take are pending, and stay so
 * when the time to stop is over.
 *
 * @returns false for an error that is not final
 */
export function reject(
  { ledger, events }: Pick<SessionParts, "ledger" | "events">,
  datagrams: number,
  error: Error,
): boolean {
  if (!isFinal(error)) return false;
  const reason = rejectReason(error);
  ledger.reject(datagrams, 0, reason);
  events.rejected(reason, datagrams, error);
  return true;
}
