import type { UdpStats } from "@fairlead/socket";

/** Why a datagram that was received did not become part of an event. */
export const rejectReasons = ["overflow", "denied", "too-large", "refused"] as const;
export type RejectReason = (typeof rejectReasons)[number];

/** What became of every datagram, at one moment. received = published + all of rejected + pending. */
export interface LedgerSnapshot {
  readonly received: number;
  readonly published: number;
  readonly rejected: Readonly<Record<RejectReason, number>>;
  readonly pending: number;
  /** Dropped by the kernel before it was received; null where the system does not say. */
  readonly kernelDropped: number | null;
  readonly receivedBytes: number;
}

/** What the ledger reads from the socket. */
export interface ReceivedCounts {
  readonly stats: Pick<UdpStats, "received" | "receivedBytes" | "overflowDropped">;
  kernelDrops(): number | undefined;
}

/**
 * The loss ledger of one listener (contracts.md, Metrics and logs). The socket counts what comes in, this class what it
 * came to; whatever is in neither is pending. So it closes at any moment, also in the middle of a publish, and a datagram
 * that the code forgets would stay pending for all to see.
 */
export class Ledger {
  readonly #socket: ReceivedCounts;
  #published = 0;
  readonly #rejected = { denied: 0, "too-large": 0, refused: 0 };

  constructor(socket: ReceivedCounts) {
    this.#socket = socket;
  }

  published(datagrams: number): void {
    this.#published += datagrams;
  }

  rejected(reason: Exclude<RejectReason, "overflow">, datagrams: number): void {
    this.#rejected[reason] += datagrams;
  }

  snapshot(): LedgerSnapshot {
    const { received, receivedBytes, overflowDropped } = this.#socket.stats;
    const rejected = { overflow: overflowDropped, ...this.#rejected };
    const settled = this.#published + Object.values(rejected).reduce((sum, count) => sum + count, 0);
    return {
      received,
      published: this.#published,
      rejected,
      pending: received - settled,
      kernelDropped: this.#socket.kernelDrops() ?? null,
      receivedBytes,
    };
  }
}
