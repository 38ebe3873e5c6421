import { type UdpEventType, udpEvent } from "@fairlead/contracts";
import type { CloudEvent } from "@fairlead/core";
import { type Cutter, halve, type Piece, type Selection } from "./pieces.ts";
import type { Outcome } from "./publisher.ts";
import type { Session, SessionParts } from "./session.ts";
import type { BatchConfig } from "./shared-keys.ts";

/** How the datagrams of one kind become events. */
export interface BatchFormat {
  readonly eventType: UdpEventType;
  readonly batch: BatchConfig;
  /** Events that are on their way to the bus together; 1 keeps the order of records while some events are refused. */
  readonly eventsAtOnce: number;
  cutter(datagrams: Selection, firstSeq: number): Cutter;
  /** Told of the datagrams that are durable now. */
  onPublished?(datagrams: Selection, piece: Piece): void;
}

/** Makes events of each batch at once. For the kinds that keep nothing from one batch to the next. */
export class BatchSession implements Session {
  readonly #parts: SessionParts<never>;
  readonly #format: BatchFormat;
  #nextSeq = 1;

  constructor(parts: SessionParts<never>, format: BatchFormat) {
    this.#parts = parts;
    this.#format = format;
  }

  get intervalMs(): number {
    return this.#format.batch.interval;
  }

  async take(datagrams: Selection): Promise<void> {
    const { batch, eventsAtOnce } = this.#format;
    // A number is given once, whatever becomes of the record: a gap is a record that the bus refused for good.
    const firstSeq = this.#nextSeq;
    this.#nextSeq += datagrams.count;
    const cut = this.#format.cutter(datagrams, firstSeq);
    let together: Piece[] = [];
    for (const piece of cut(datagrams.count, batch)) {
      together.push(piece);
      if (together.length < eventsAtOnce && piece.to < datagrams.count) continue;
      const pieces = together;
      together = [];
      await this.#publish(datagrams, firstSeq, pieces);
    }
  }

  async finish(): Promise<void> {}

  async #publish(datagrams: Selection, firstSeq: number, pieces: readonly Piece[]): Promise<void> {
    const tooLarge: Piece[] = [];
    await this.#parts.publisher.publish(
      pieces.map((piece) => this.#event(piece, firstSeq)),
      (index, outcome, error) => {
        const piece = pieces[index]!;
        // A limit of the bus below ours: the records may still fit in smaller events.
        if (outcome === "too-large" && piece.to - piece.from > 1) tooLarge.push(piece);
        else this.#settle(datagrams, piece, outcome, error);
      },
    );
    for (const piece of tooLarge) {
      for (const half of halve(piece)) await this.#publish(datagrams, firstSeq, [half]);
    }
  }

  #event({ from, to, data, mediaType, sender }: Piece, firstSeq: number): CloudEvent {
    const { source, subject } = this.#parts;
    return udpEvent(this.#format.eventType, {
      source,
      subject,
      datacontenttype: mediaType,
      data,
      recordCount: to - from,
      firstSeq: firstSeq + from,
      ...(sender !== undefined && { from: sender }),
    });
  }

  #settle(datagrams: Selection, piece: Piece, outcome: Outcome, error: unknown): void {
    const { ledger, events } = this.#parts;
    const count = piece.to - piece.from;
    if (outcome === "published") {
      ledger.published(count);
      this.#format.onPublished?.(datagrams, piece);
    } else {
      ledger.rejected(outcome, count);
      events.rejected(outcome, count, error);
    }
  }
}
