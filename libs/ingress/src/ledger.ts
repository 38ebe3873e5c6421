/** Records and their payload bytes. */
export interface Tally {
  records: number;
  bytes: number;
}

/** The ledger at one moment, as plain data. */
export interface LedgerSnapshot {
  readonly received: Tally;
  readonly published: Tally;
  readonly pending: Tally;
  readonly rejected: Readonly<Record<string, Tally>>;
  readonly truncated: number;
  readonly acks: number;
}

const nothing = (): Tally => ({ records: 0, bytes: 0 });

const add = (tally: Tally, records: number, bytes: number) => {
  tally.records += records;
  tally.bytes += bytes;
};

/**
 * What became of every record of one listener. At any moment, in records and in bytes:
 * `received = published + rejected + pending`. A record is received when its last byte is; bytes of a frame that the
 * codec threw away are not known and count as 0.
 */
export class Ledger {
  readonly received = nothing();
  readonly published = nothing();
  readonly pending = nothing();
  readonly rejected = new Map<string, Tally>();
  /** Published records that were cut at the cap. */
  truncated = 0;
  /** OK lines written. */
  acks = 0;

  /** Records that go to the bus. */
  take(records: number, bytes: number): void {
    add(this.received, records, bytes);
    add(this.pending, records, bytes);
  }

  confirm(records: number, bytes: number): void {
    add(this.pending, -records, -bytes);
    add(this.published, records, bytes);
  }

  /** Records that were taken and that the bus refused. */
  fail(records: number, bytes: number, reason: string): void {
    add(this.pending, -records, -bytes);
    this.#reject(records, bytes, reason);
  }

  /** Records that were received and never went to the bus. */
  refuse(records: number, bytes: number, reason: string): void {
    add(this.received, records, bytes);
    this.#reject(records, bytes, reason);
  }

  #reject(records: number, bytes: number, reason: string): void {
    const tally = this.rejected.get(reason) ?? nothing();
    this.rejected.set(reason, tally);
    add(tally, records, bytes);
  }

  snapshot(): LedgerSnapshot {
    const { received, published, pending, rejected, truncated, acks } = this;
    const copy = (tally: Tally) => ({ ...tally });
    return {
      received: copy(received),
      published: copy(published),
      pending: copy(pending),
      rejected: Object.fromEntries([...rejected].map(([reason, tally]) => [reason, copy(tally)])),
      truncated,
      acks,
    };
  }
}
