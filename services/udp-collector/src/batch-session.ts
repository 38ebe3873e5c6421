import { udpRecords, udpSyslog } from "@fairlead/contracts";
import type { CloudEvent } from "@fairlead/core";
import type { UdpSocket } from "@fairlead/socket";
import type { RawListenerConfig, SyslogListenerConfig } from "./config.ts";
import type { ListenerEvents } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import {
  type Cutter,
  cutLines,
  cutRecords,
  cutSingle,
  halve,
  type Piece,
  rawLine,
  type Selection,
  syslogLine,
} from "./pieces.ts";
import type { Outcome, Publisher } from "./publisher.ts";
import { mayReplyTo, replyData } from "./raw/reply.ts";
import { TimeZone } from "./syslog/time-zone.ts";

/** What a session is given. */
export interface SessionDependencies {
  readonly publisher: Publisher;
  readonly ledger: Ledger;
  readonly events: ListenerEvents;
  readonly socket: Pick<UdpSocket, "send" | "local">;
  /** "/udp-collector/<instance>/<listener>" */
  readonly source: string;
  /** "<listener>/<instance>": with a record's number its identity, over restarts and processes. */
  readonly subject: string;
}

/** What becomes of the datagrams of a listener. */
export interface Session {
  /** Resolves when the next batch may come. @throws when it was told to give up */
  take(datagrams: Selection): Promise<void>;
  /** Nothing more comes: publishes what is left. @throws when it was told to give up */
  finish(): Promise<void>;
}

/** Events of one datagram each that are on their way to the bus together. */
const maxSinglesAtOnce = 1_000;

/** Raw and syslog: each batch becomes events at once, one after the other. */
export class BatchSession implements Session {
  readonly #config: RawListenerConfig | SyslogListenerConfig;
  readonly #deps: SessionDependencies;
  readonly #zone: TimeZone | undefined;
  #nextSeq = 1;

  constructor(config: RawListenerConfig | SyslogListenerConfig, deps: SessionDependencies) {
    this.#config = config;
    this.#deps = deps;
    if (config.kind === "syslog") this.#zone = new TimeZone(config.timeZone);
  }

  async take(datagrams: Selection): Promise<void> {
    // A number is given once, whatever becomes of the record: a gap is a record that the bus refused for good.
    const firstSeq = this.#nextSeq;
    this.#nextSeq += datagrams.count;
    const isSingle = this.#config.kind === "raw" && this.#config.container === "single";
    let together: Piece[] = [];
    for (const piece of this.#cutter(datagrams, firstSeq)(datagrams.count, this.#config.batch)) {
      together.push(piece);
      if (isSingle && together.length < maxSinglesAtOnce && piece.to < datagrams.count) continue;
      const pieces = together;
      together = [];
      await this.#publish(datagrams, firstSeq, pieces);
    }
  }

  async finish(): Promise<void> {}

  #cutter(datagrams: Selection, firstSeq: number): Cutter {
    const config = this.#config;
    if (config.kind === "syslog") {
      const { events } = this.#deps;
      return cutLines((index) =>
        syslogLine(datagrams, index, firstSeq + index, this.#zone!, ({ reason }) => events.unparsed(reason)),
      );
    }
    if (config.container === "records") return cutRecords(datagrams);
    if (config.container === "single") return cutSingle(datagrams, config.mediaType);
    return cutLines((index) => rawLine(datagrams, index, firstSeq + index));
  }

  async #publish(datagrams: Selection, firstSeq: number, pieces: readonly Piece[]): Promise<void> {
    const tooLarge: Piece[] = [];
    await this.#deps.publisher.publish(
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

  #event(piece: Piece, firstSeq: number): CloudEvent {
    const { source, subject } = this.#deps;
    const fields = {
      source,
      subject,
      data: piece.data,
      recordCount: piece.to - piece.from,
      firstSeq: firstSeq + piece.from,
    };
    if (this.#config.kind === "syslog") return udpSyslog(fields);
    const from = piece.sender === undefined ? {} : { from: piece.sender };
    return udpRecords({ ...fields, ...from, datacontenttype: piece.mediaType });
  }

  #settle(datagrams: Selection, piece: Piece, outcome: Outcome, error: unknown): void {
    const { ledger, events } = this.#deps;
    const count = piece.to - piece.from;
    if (outcome === "published") {
      ledger.published(count);
      this.#reply(datagrams, piece);
    } else {
      ledger.rejected(outcome, count);
      events.rejected(outcome, count, error);
    }
  }

  /** Says "accepted" in the way that the listener is set to; only now it is true. */
  #reply(datagrams: Selection, piece: Piece): void {
    const reply = this.#config.kind === "raw" ? this.#config.reply : undefined;
    if (reply === undefined) return;
    const { socket, events } = this.#deps;
    for (let index = piece.from; index < piece.to; index++) {
      const sender = datagrams.source(index);
      if (!mayReplyTo(sender, socket.local)) continue;
      socket.send(replyData(reply, datagrams.payload(index)), sender).catch(events.replyFailed);
    }
  }
}
