import { type Attempt, MemoryBus } from "@fairlead/bus/memory";
import { ManualClock } from "@fairlead/core/manual-clock";
import { BusWatch, Credit, Ledger } from "@fairlead/ingress";
import type { CloseReason, Codec, Connection, FrameBatch } from "@fairlead/socket";
import type { IngestListener, Patience } from "../src/ingest/ingest-listener.ts";
import { IngestSession } from "../src/ingest/ingest-session.ts";

/** A batch as a decoder gives it, from the payloads. */
export function batchOf(payloads: readonly string[], dropped = 0, truncated = 0): FrameBatch {
  const frames = payloads.map((payload) => Buffer.from(payload));
  return {
    count: frames.length,
    payloadBytes: frames.reduce((sum, frame) => sum + frame.length, 0),
    frame: (index) => frames[index]!,
    dropped,
    truncated,
    lostBytes: 0,
  };
}

type Step = FrameBatch | Error | "end";

/** The other side of a session in a test's hands: what comes in, and when the peer takes what goes out. */
export class FakeConnection {
  readonly id = "connection-1";
  readonly remote = { family: "ipv4", host: "127.0.0.1", port: 40_000 } as const;
  readonly local = { family: "ipv4", host: "127.0.0.1", port: 7_001 } as const;
  readonly openedAtMs = 0;
  readonly closed = new Promise<CloseReason>(() => {});
  /** How often the session has asked for a batch. */
  reads = 0;
  sent = "";
  /** Number of sends: coalescing shows here. */
  sends = 0;
  isReadingStopped = false;
  #steps: Step[] = [];
  #wakeReader: (() => void) | undefined;
  #peerTakes: { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } | undefined;

  /** What the peer sends next. */
  receive(...steps: Step[]): void {
    this.#steps.push(...steps);
    this.#wakeReader?.();
  }

  /** The peer stops taking what is sent to it. */
  block(): void {
    this.#peerTakes = Promise.withResolvers();
  }

  unblock(): void {
    this.#peerTakes?.resolve();
    this.#peerTakes = undefined;
  }

  /** The connection is cut: sends that wait fail and so does the next read. */
  cut(error: Error): void {
    this.#peerTakes?.reject(error);
    this.receive(error);
  }

  async *batches(_codec: Codec): AsyncGenerator<FrameBatch> {
    for (;;) {
      this.reads++;
      while (this.#steps.length === 0 && !this.isReadingStopped) {
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
      }
      if (this.isReadingStopped) return;
      const step = this.#steps.shift()!;
      if (step === "end") return;
      if (step instanceof Error) throw step;
      yield step;
    }
  }

  async send(data: string): Promise<void> {
    this.sent += data;
    this.sends++;
    await this.#peerTakes?.promise;
  }

  stopReading(): void {
    this.isReadingStopped = true;
    this.#wakeReader?.();
  }
}

export interface Stage {
  readonly connection: FakeConnection;
  readonly session: IngestSession;
  readonly listener: IngestListener;
  /** What the session published: each waits for the test's decision. */
  readonly publishes: readonly Attempt[];
  readonly failures: Error[];
  readonly run: Promise<void>;
}

export type StageOptions = Partial<Omit<IngestListener, "patience">> & {
  readonly patience?: Omit<Patience, "bus">;
};

/** A session that has begun, between a fake connection and a bus whose every publish the test decides. */
export function stage(options: StageOptions = {}): Stage {
  const bus = new MemoryBus();
  bus.hold();
  const failures: Error[] = [];
  const listener: IngestListener = {
    codec: { name: "fake" } as Codec,
    takesPartial: true,
    maxFrameBytes: 100,
    banner: undefined,
    creditBytes: 1_048_576,
    credit: new Credit(16_777_216),
    maxBatchRecords: 10_000,
    maxBatchBytes: 1_048_576,
    ledger: new Ledger(),
    counts: { acks: 0, truncated: 0, unparsed: {} },
    encode: (frames, connection, firstSeq) => ({
      id: `event-${firstSeq}`,
      source: "/test",
      type: "dev.fairlead.tcp.records",
      subject: connection.id,
      time: "2026-01-01T00:00:00.000Z",
      datacontenttype: "text/plain",
      data: Buffer.from(Array.from({ length: frames.count }, (_, i) => `${frames.frame(i)}\n`).join("")),
      extensions: { recordcount: frames.count, firstseq: firstSeq },
    }),
    bus,
    onFailed: (error) => failures.push(error),
    ...options,
    patience: options.patience && { ...options.patience, bus },
  };
  const connection = new FakeConnection();
  const session = new IngestSession(connection as unknown as Connection, listener);
  return { connection, session, listener, publishes: bus.attempts, failures, run: session.run() };
}

/** For a listener without acknowledgements: a clock that stands still, a bus whose condition the test may change. */
export function patienceOf() {
  const clock = new ManualClock();
  const givingUp = new AbortController();
  const held: Error[] = [];
  const bus = new MemoryBus();
  const watch = new BusWatch(bus, clock);
  const patience: Omit<Patience, "bus"> = {
    watch,
    clock,
    givingUp: givingUp.signal,
    onRetry: (error) => held.push(error),
    onRecovered() {},
  };
  return { patience, bus, clock, givingUp, held };
}

/** Lets everything happen that can happen without the outside. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
