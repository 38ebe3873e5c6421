/** A number of records or datagrams, and their payload bytes. */
export interface Tally {
  count: number;
  bytes: number;
}

/** The ledger at one moment, as plain data. */
export interface LedgerSnapshot {
  readonly received: Tally;
  readonly published: Tally;
  readonly pending: Tally;
  readonly rejected: Readonly<Record<string, Tally>>;
}

/** What another part counts since its beginning, before the ledger sees it: a UDP socket its datagrams. */
export interface CountedElsewhere {
  readonly received: Tally;
  readonly rejected: Readonly<Record<string, Tally>>;
}

const nothing = (): Tally => ({ count: 0, bytes: 0 });

const add = (tally: Tally, count: number, bytes: number) => {
  tally.count += count;
  tally.bytes += bytes;
};

/**
 * The loss ledger of one listener, in records or datagrams and in their bytes. What is received and neither published nor
 * rejected is pending. So the ledger closes at any moment, also in the middle of a publish: `received = published +
 * rejected + pending`. What the code forgets stays pending for all to see.
 *
 * Who does not know the bytes of what is published or rejected leaves them out, and does not look at those of `pending`.
 */
export class Ledger {
  readonly #received = nothing();
  readonly #published = nothing();
  readonly #rejected = new Map<string, Tally>();
  readonly #elsewhere: (() => CountedElsewhere) | undefined;

  constructor(elsewhere?: () => CountedElsewhere) {
    this.#elsewhere = elsewhere;
  }

  /** Something came in whole. */
  receive(count: number, bytes: number): void {
    add(this.#received, count, bytes);
  }

  /** Something that was received is durable. */
  publish(count: number, bytes = 0): void {
    add(this.#published, count, bytes);
  }

  /**
   * Something that was received will not become durable.
   *
   * @param reason in kebab-case, from a closed list
   */
  reject(count: number, bytes: number, reason: string): void {
    const tally = this.#rejected.get(reason) ?? nothing();
    this.#rejected.set(reason, tally);
    add(tally, count, bytes);
  }

  snapshot(): LedgerSnapshot {
    const received = { ...this.#received };
    const published = { ...this.#published };
    const rejected: Record<string, Tally> = {};
    for (const [reason, tally] of this.#rejected) rejected[reason] = { ...tally };
    const elsewhere = this.#elsewhere?.();
    if (elsewhere) {
      add(received, elsewhere.received.count, elsewhere.received.bytes);
      for (const [reason, { count, bytes }] of Object.entries(elsewhere.rejected)) {
        rejected[reason] ??= nothing();
        add(rejected[reason], count, bytes);
      }
    }
    const pending = { count: received.count - published.count, bytes: received.bytes - published.bytes };
    for (const { count, bytes } of Object.values(rejected)) add(pending, -count, -bytes);
    return { received, published, pending, rejected };
  }
}
