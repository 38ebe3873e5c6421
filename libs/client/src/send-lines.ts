import { backoffMs, type Clock, onAbort, systemClock } from "@fairlead/core";
import { type Connection, dialTcp, SocketError } from "@fairlead/socket";
import { ClientError, connectionFailure, unreachable } from "./errors.ts";
import type { LineBatch } from "./line-batches.ts";
import { SendWindow } from "./send-window.ts";

export interface SendLinesOptions {
  readonly host: string;
  readonly port: number;
  /** Whole lines, as `readLineBatches` gives them. The source is pulled only while the window has room. */
  readonly lines: AsyncIterable<LineBatch>;
  /** The most bytes that are sent and not acknowledged, exceeded by one batch at most. Default 1 MiB. */
  readonly windowBytes?: number;
  /** The connection is given up when sent lines wait so long without any acknowledgement, in milliseconds. Default 30,000. */
  readonly ackTimeoutMs?: number;
  /** The most dials and connections in a row without an acknowledgement, the first dial included. Default 10. */
  readonly maxAttempts?: number;
  readonly connectTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called after every acknowledgement with the totals of all connections. */
  readonly onProgress?: (progress: SendProgress) => void;
  /** Called with the words of the listener about lines that were cut at the cap. */
  readonly onNotice?: (text: string) => void;
  /** Called before each wait for another connection. */
  readonly onReconnect?: (reason: string, delayMs: number) => void;
  readonly clock?: Clock;
}

export interface SendProgress {
  /** The number of durable lines. */
  readonly acknowledged: number;
  readonly acknowledgedBytes: number;
}

/**
 * Sends lines to a TCP ingest listener and waits until each is acknowledged as durable (`OK <n>`, cumulative). After a lost
 * connection or an `ERR` the client dials again and goes on behind the last acknowledged line: at least once, in order.
 * @throws {ClientError} when the attempts are used up: UNREACHABLE when no dial succeeded (at once when none ever will, as for a
 *   name that is not known), else NOT_ACKNOWLEDGED with `acknowledged` in its data
 */
export async function sendLines(options: SendLinesOptions): Promise<SendProgress> {
  const { maxAttempts = 10, clock = systemClock, signal } = options;
  const sender = new Sender(options);
  for (let attempt = 0; ; ) {
    await sender.untilSomethingToSend();
    if (sender.isDone) return sender.progress;
    const before = sender.progress.acknowledged;
    const failure = await sender.runOnce();
    if (sender.isDone) return sender.progress;
    // The peer may end an idle connection: that end is no failure, because no acknowledgement was owed.
    if (sender.progress.acknowledged > before) attempt = 0;
    if (sender.isIdle) continue;
    if (sender.isHopeless || isFinal.test(failure) || ++attempt >= maxAttempts) {
      throw sender.hasConnected
        ? notAcknowledged(sender.progress, options, failure)
        : unreachable(`${options.host}:${options.port}`, sender.dialError);
    }
    const delayMs = backoffMs(attempt, { maxDelayMs: 5_000 });
    options.onReconnect?.(failure, delayMs);
    await clock.sleep(delayMs, signal).catch(() => {});
    signal?.throwIfAborted();
  }
}

/**
 * Errors after which a repeat makes no sense. The same lines would be refused again, and a dropped line shifts the listener's
 * count against ours.
 */
const isFinal = /^ERR FRAME_/;

function notAcknowledged(
  progress: SendProgress,
  { host, port }: SendLinesOptions,
  reason: string,
): ClientError {
  return new ClientError(
    "NOT_ACKNOWLEDGED",
    `Cannot send all lines to ${host}:${port}: ${progress.acknowledged} acknowledged, then: ${reason}`,
    { data: { acknowledged: progress.acknowledged } },
  );
}

class Sender {
  readonly #options: SendLinesOptions;
  readonly #window = new SendWindow();
  readonly #source: AsyncIterator<LineBatch>;
  /** A pull of the source. The pull may outlive its connection, and its batch must not be lost. */
  #pull: Promise<IteratorResult<LineBatch>> | undefined;
  /** The number of the latest caller. Only this caller may take the batch of a pull. */
  #turn = 0;
  #isSourceOver = false;
  /** True once any dial succeeded. */
  hasConnected = false;
  /** The error of the last dial that failed. */
  dialError: unknown;

  constructor(options: SendLinesOptions) {
    this.#options = options;
    this.#source = options.lines[Symbol.asyncIterator]();
  }

  get progress(): SendProgress {
    return { acknowledged: this.#window.acknowledged, acknowledgedBytes: this.#window.acknowledgedBytes };
  }

  /** True when every sent line is acknowledged. */
  get isIdle(): boolean {
    return this.#window.isEmpty;
  }

  get isDone(): boolean {
    return this.#isSourceOver && this.#window.isEmpty;
  }

  /** True when no dial has succeeded and the next one will not either. */
  get isHopeless(): boolean {
    return !this.hasConnected && this.dialError instanceof SocketError && !this.dialError.retryable;
  }

  /** Resolves when the source has a batch or is over. A quiet source needs no connection. */
  async untilSomethingToSend(): Promise<void> {
    if (this.isIdle && !this.#isSourceOver) await this.#takeNext(++this.#turn);
  }

  /** Puts the next batch into the window. Undefined at the end of the source, or when a later caller has the turn. */
  async #takeNext(turn: number): Promise<Buffer | undefined> {
    this.#pull ??= this.#source.next();
    const next = await this.#pull;
    if (turn !== this.#turn) return undefined;
    this.#pull = undefined;
    if (next.done) this.#isSourceOver = true;
    else this.#window.add(next.value);
    return next.done ? undefined : next.value.bytes;
  }

  /** Sends until every line is acknowledged or the connection fails. @returns the reason of the failure */
  async runOnce(): Promise<string> {
    const { host, port, signal, connectTimeoutMs = 10_000 } = this.#options;
    let connection: Connection;
    try {
      connection = await dialTcp({ host, port, connectTimeoutMs, ...(signal ? { signal } : {}) });
    } catch (error) {
      signal?.throwIfAborted();
      this.dialError = error;
      return connectionFailure(error);
    }
    this.hasConnected = true;
    await using _ = connection;
    const stop = () => connection.close("local");
    using _stopping = onAbort(signal, stop);
    let sourceFailure = undefined as { error: unknown } | undefined;
    // The reader decides the outcome: when sending fails, the last words of the peer must still be read.
    this.#write(connection).catch((error: unknown) => {
      if (error instanceof SocketError) return;
      sourceFailure = { error };
      stop();
    });
    const failure = await this.#readAcks(connection).catch((error: unknown) => {
      if (error instanceof SocketError) return connectionFailure(error);
      throw error;
    });
    this.#turn++;
    if (sourceFailure !== undefined) throw sourceFailure.error;
    signal?.throwIfAborted();
    return failure;
  }

  async #write(connection: Connection): Promise<void> {
    const { windowBytes = 2 ** 20 } = this.#options;
    const turn = ++this.#turn;
    this.#window.beginConnection();
    for (const bytes of this.#window.unacknowledged()) await connection.send(bytes);
    while (!this.#isSourceOver && turn === this.#turn) {
      await this.#window.untilBelow(windowBytes);
      const bytes = await this.#takeNext(turn);
      if (bytes) await connection.send(bytes);
    }
    await connection.end();
    if (this.isDone) connection.close("local");
  }

  /** Returns when every line is acknowledged, or with the reason why the other lines will not be. */
  async #readAcks(connection: Connection): Promise<string> {
    const { ackTimeoutMs = 30_000, clock = systemClock, onProgress } = this.#options;
    let isOverdue = false;
    for (;;) {
      using _ = clock.timer(ackTimeoutMs, () => {
        // No acknowledgement is owed while every sent line is acknowledged.
        isOverdue = !this.isIdle;
        if (isOverdue) connection.close("local");
      });
      const line = await connection.readLine(1_024).catch((error: unknown) => {
        if (isOverdue) return undefined;
        throw error;
      });
      if (isOverdue) return `nothing acknowledged within ${ackTimeoutMs} ms`;
      if (line === undefined) return "the peer ended the connection";
      const ok = /^OK (\d{1,15})$/.exec(line);
      if (ok) {
        this.#window.acknowledge(Number(ok[1]));
        onProgress?.(this.progress);
        if (this.isDone) return "done";
      } else if (line.startsWith("ERR ")) {
        if (!line.startsWith("ERR FRAME_TRUNCATED ")) return line;
        this.#options.onNotice?.(line);
      }
      // Any other line is a banner.
    }
  }
}
