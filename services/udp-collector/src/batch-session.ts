import { type CloudEvent, recordsEvent } from "@fairlead/contracts";
import { errorCode } from "@fairlead/core";
import { type Cutter, halve, type Piece, type Selection } from "./pieces.ts";
import { reject, type Session, type SessionParts } from "./session.ts";
import type { BatchConfig } from "./shared-keys.ts";

/** How the datagrams of one kind become events. */
export interface BatchFormat {
  readonly batch: BatchConfig;
  /** Events that are on their way to the bus together. Default 1, which keeps the order of records when an event is refused. */
  readonly eventsAtOnce?: number;
  cutter(datagrams: Selection, firstSeq: number): Cutter;
  /** Told of the datagrams that are durable now. */
  onPublished?(datagrams: Selection, piece: Piece): void;
}

/** A session that makes events of each batch at once: for kinds that keep nothing from one batch to the next. */
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
    const { batch, eventsAtOnce = 1 } = this.#format;
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
    const { ledger, publisher } = this.#parts;
    const tooLarge: Piece[] = [];
    const givenUp: Error[] = [];
    await publisher.publishTogether(
      pieces.map((piece) => this.#event(piece, firstSeq)),
      (index, error) => {
        const piece = pieces[index]!;
        const count = piece.to - piece.from;
        if (error === undefined) {
          ledger.publish(count);
          this.#format.onPublished?.(datagrams, piece);
        } else if (errorCode(error) === "EVENT_TOO_LARGE" && count > 1) {
          // The limit of the bus is below ours: the records may still fit in smaller events.
          tooLarge.push(piece);
        } else if (!reject(this.#parts, count, error)) {
          givenUp.push(error);
        }
      },
    );
    if (givenUp.length > 0) throw givenUp[0];
    for (const piece of tooLarge) {
      for (const half of halve(piece)) await this.#publish(datagrams, firstSeq, [half]);
    }
  }

  #event({ from, to, data, mediaType, sender }: Piece, firstSeq: number): CloudEvent {
    const { eventType, source, subject } = this.#parts;
    return recordsEvent(eventType, {
      source,
      subject,
      datacontenttype: mediaType,
      data,
      recordCount: to - from,
      firstSeq: firstSeq + from,
      ...(sender !== undefined && { from: sender }),
    });
  }
}
