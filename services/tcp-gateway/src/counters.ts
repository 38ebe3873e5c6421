import { Ledger, type LedgerSnapshot } from "@fairlead/ingress";

/** Everything that is counted of one listener, as plain data: it crosses from a worker process to its owner. */
export interface CountersSnapshot extends LedgerSnapshot {
  readonly listener: string;
  readonly connections: number;
  readonly opened: number;
  /** By close reason. */
  readonly closed: Readonly<Record<string, number>>;
  /** Connections that were turned away, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** tcp.opened and tcp.closed events that the bus did not take. */
  readonly lostLifecycleEvents: number;
}

/** A snapshot with the name of the process run that counted it: no two runs have the same. */
export type SourcedSnapshot = readonly [source: string, snapshot: CountersSnapshot];

/** What is counted of one listener. Plain numbers: a batch costs a few additions, and a scrape sees one moment. */
export class Counters {
  readonly ledger = new Ledger();
  opened = 0;
  lostLifecycleEvents = 0;
  readonly closed: Record<string, number> = {};
  readonly refused: Record<string, number> = {};

  snapshot(listener: string, connections: number): CountersSnapshot {
    const { opened, closed, refused, lostLifecycleEvents } = this;
    return {
      ...this.ledger.snapshot(),
      listener,
      connections,
      opened,
      closed: { ...closed },
      refused: { ...refused },
      lostLifecycleEvents,
    };
  }
}

export function countUp(counts: Record<string, number>, key: string, amount = 1): void {
  counts[key] = (counts[key] ?? 0) + amount;
}
