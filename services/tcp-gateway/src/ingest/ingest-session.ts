import { reasonOf, toError, WakeUp } from "@fairlead/core";
import { type Ending, RetryingPublisher, rejectReason, type Session } from "@fairlead/ingress";
import { type Connection, type FrameBatch, FramingError, SocketError } from "@fairlead/socket";
import { AckWindow, type PendingBatch } from "./ack-window.ts";
import { type AckOwner, AckWriter } from "./ack-writer.ts";
import { slices } from "./batch.ts";
import { encodeDropped, encodeErr, encodeTruncated } from "./client-lines.ts";
import { toEnding } from "./errors.ts";
import type { IngestListener } from "./ingest-listener.ts";

/** The memory of a batch beside its payload: event, promise, place in the log. Bounds a flood of empty records. */
const batchOverheadBytes = 1_024;

/**
 * An ingest connection: bytes in, events to the bus, acknowledgements back.
 *
 * The session reads only while its unconfirmed bytes are under the credit and the peer takes the acknowledgements. A
 * publish that fails ends the session: records that were durable before are acknowledged, then ERR. Batches behind the
 * failed one that were on their way already may become durable and are not acknowledged; the client sends them again (at
 * least once).
 *
 * Without acknowledgements a refusal does not end the session: records that were taken are kept and tried again. Meanwhile
 * nothing is read, so that the kernel's window makes the sender wait and queue. Whatever ends such a connection, bytes that
 * were received become records.
 */
export class IngestSession implements Session, AckOwner {
  readonly connection: Connection;
  readonly #listener: IngestListener;
  readonly #window = new AckWindow();
  readonly #acks: AckWriter | undefined;
  readonly #retrying: RetryingPublisher | undefined;
  #taken = 0;
  #pendingRecords = 0;
  #unconfirmedBytes = 0;
  #rejected: Record<string, number> | undefined;
  #ending: Ending | undefined;
  /** True when the session cannot go on: its client repeats the rest, or the bus takes it never. */
  #hasFailed = false;
  readonly #change = new WakeUp();

  constructor(connection: Connection, listener: IngestListener) {
    this.connection = connection;
    this.#listener = listener;
    const { patience, counts } = listener;
    if (patience) this.#retrying = new RetryingPublisher(patience);
    else this.#acks = new AckWriter(connection, counts, this);
  }

  get records(): number {
    return this.#window.records;
  }

  get pendingRecords(): number {
    return this.#pendingRecords;
  }

  get rejected(): Readonly<Record<string, number>> | undefined {
    return this.#rejected;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  async run(): Promise<void> {
    try {
      if (this.#listener.banner) await this.connection.send(this.#listener.banner);
      const keepsRest = this.#retrying !== undefined;
      for await (const batch of this.connection.batches(this.#listener.codec, { keepsRest })) {
        // Many connections may have been read at once when the common credit ran out: the bus sees them one by one.
        if (!this.#mayTake()) await this.#until(() => this.#isEnding || this.#mayTake());
        this.#take(batch);
        // The reading was stopped with the ending, so the loop ends by itself, with the rest counted.
        if (!this.#mayRead()) await this.#until(() => this.#isEnding || this.#mayRead());
      }
    } catch (error) {
      this.#onReadFailed(error);
    }
    await this.#until(() => this.#window.isDecided && this.#isQuiet());
    if (this.#ending) this.#acks?.say(encodeErr(this.#ending.code, this.#ending.text));
    await this.#until(() => this.#pendingRecords === 0 && this.#isQuiet());
  }

  onAcksWritten(): void {
    this.#change.wake();
  }

  stop(ending: Ending): void {
    if (this.#ending) return;
    this.#ending = ending;
    this.connection.stopReading();
    this.#change.wake();
  }

  #onReadFailed(error: unknown): void {
    // A reset or a time limit: `closed` says which. Records that were taken are still made durable.
    if (error instanceof SocketError) return;
    if (error instanceof FramingError) {
      if (error.frames) this.#take(error.frames);
      this.#reject(1, error.lostBytes, reasonOf(error.code));
    } else this.#listener.onFailed(toError(error));
    this.#fail(toError(error));
  }

  #fail(error: Error): void {
    this.#hasFailed = true;
    this.stop(toEnding(error));
  }

  #take(batch: FrameBatch): void {
    const { counts, maxBatchRecords, maxBatchBytes } = this.#listener;
    const { dropped, truncated, lostBytes } = batch;
    if (this.#ending && (this.#hasFailed || this.#retrying === undefined)) {
      this.#reject(batch.count + dropped, batch.payloadBytes + lostBytes, "closing");
      return;
    }
    if (batch.isPartial && !this.#listener.takesPartial) {
      this.#reject(batch.count + dropped, batch.payloadBytes + lostBytes, "frame-incomplete");
      this.stop(
        toEnding(
          new FramingError("FRAME_INCOMPLETE", "Cannot take the last record: the stream ended inside it"),
        ),
      );
      return;
    }
    if (dropped > 0 || lostBytes > 0) this.#reject(dropped, lostBytes, "dropped");
    counts.truncated += truncated;
    // The client hears of missing frames before every OK that counts a frame behind them.
    if (dropped > 0 || truncated > 0) {
      this.#window.push({ records: 0, dropped, truncated, outcome: "durable" });
      this.#acknowledge();
    }
    const isOneEvent = batch.count <= maxBatchRecords && batch.payloadBytes <= maxBatchBytes;
    if (isOneEvent && batch.count > 0) this.#publish(batch);
    else for (const slice of slices(batch, maxBatchRecords, maxBatchBytes)) this.#publish(slice);
  }

  #publish(frames: FrameBatch): void {
    const { count, payloadBytes } = frames;
    const { ledger, credit } = this.#listener;
    const pending: PendingBatch = { records: count, dropped: 0, truncated: 0, outcome: "pending" };
    const cost = payloadBytes + batchOverheadBytes;
    this.#window.push(pending);
    ledger.receive(count, payloadBytes);
    credit.take(cost);
    this.#unconfirmedBytes += cost;
    this.#pendingRecords += count;
    const firstSeq = this.#taken + 1;
    this.#taken += count;
    this.#send(frames, firstSeq).then(
      () => this.#settle(pending, payloadBytes, undefined),
      (error: unknown) => this.#settle(pending, payloadBytes, toError(error)),
    );
  }

  /** A record that the container cannot hold fails like one that the bus refuses. */
  async #send(frames: FrameBatch, firstSeq: number): Promise<void> {
    await (this.#retrying ?? this.#listener.bus).publish(
      this.#listener.encode(frames, this.connection, firstSeq),
    );
  }

  #settle(pending: PendingBatch, payloadBytes: number, error: Error | undefined): void {
    const { ledger, credit } = this.#listener;
    const cost = payloadBytes + batchOverheadBytes;
    this.#unconfirmedBytes -= cost;
    this.#pendingRecords -= pending.records;
    if (error) {
      pending.outcome = "failed";
      const reason = rejectReason(error);
      ledger.reject(pending.records, payloadBytes, reason);
      this.#countRejected(pending.records, reason);
      this.#listener.onFailed(error);
      this.#fail(error);
    } else {
      pending.outcome = "durable";
      ledger.publish(pending.records, payloadBytes);
      this.#acknowledge();
    }
    this.#change.wake();
    credit.release(cost);
  }

  /** Records that never went to the bus. */
  #reject(records: number, bytes: number, reason: string): void {
    const { ledger } = this.#listener;
    ledger.receive(records, bytes);
    ledger.reject(records, bytes, reason);
    this.#countRejected(records, reason);
  }

  #countRejected(records: number, reason: string): void {
    if (records === 0) return;
    this.#rejected ??= {};
    this.#rejected[reason] = (this.#rejected[reason] ?? 0) + records;
  }

  /** Acknowledges the records before the first gap. */
  #acknowledge(): void {
    for (let batch = this.#window.shift(); batch; batch = this.#window.shift()) {
      if (batch.dropped > 0 || batch.truncated > 0) this.#report(batch);
    }
    this.#acks?.acknowledge(this.#window.records);
  }

  #report({ dropped, truncated }: PendingBatch): void {
    const { records } = this.#window;
    const { maxFrameBytes } = this.#listener;
    this.#acks?.acknowledge(records);
    if (dropped > 0) this.#acks?.say(encodeDropped(dropped, records, maxFrameBytes));
    if (truncated > 0) this.#acks?.say(encodeTruncated(truncated, records, maxFrameBytes));
  }

  get #isEnding(): boolean {
    return this.#ending !== undefined;
  }

  #mayTake(): boolean {
    const { credit, patience } = this.#listener;
    return !credit.isExhausted && (patience === undefined || patience.watch.isAccepting);
  }

  #mayRead(): boolean {
    if (this.#acks?.isBlocked || this.#retrying?.isHolding) return false;
    return this.#unconfirmedBytes < this.#listener.creditBytes && this.#mayTake();
  }

  /** True when every line for the client was written, or the client is gone. */
  #isQuiet(): boolean {
    return this.#acks?.isIdle ?? true;
  }

  /** Resolves when the condition holds. Every change that the condition depends on wakes `#change`. */
  async #until(isSo: () => boolean): Promise<void> {
    const { credit, patience } = this.#listener;
    const wake = () => this.#change.wake();
    while (!isSo()) {
      if (credit.isExhausted) credit.wait(wake);
      if (patience && !patience.watch.isAccepting) patience.watch.wait(wake);
      await this.#change.next();
    }
    credit.forget(wake);
    patience?.watch.forget(wake);
  }
}
