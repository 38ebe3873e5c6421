import type { Codec, Decoder, FrameBatch } from "./codec.ts";
import type { BatchesOptions } from "./connection.ts";
import { FramingError } from "./errors.ts";
import type { Receiver } from "./receiver.ts";

/**
 * The ways to read from a receiver. Each way takes the lock, and waits for more bytes only when the received ones do not suffice.
 */

export async function readChunk(receiver: Receiver): Promise<Buffer | undefined> {
  receiver.lock();
  try {
    if (receiver.inbox.length === 0 && !(await receiver.more())) return undefined;
    return receiver.inbox.take(receiver.maxChunkBytes);
  } finally {
    receiver.unlock();
  }
}

export async function readExactly(receiver: Receiver, bytes: number): Promise<Buffer> {
  receiver.lock();
  try {
    while (receiver.inbox.length < bytes) {
      receiver.isFrameOpen = receiver.inbox.length > 0;
      if (!(await receiver.more())) {
        throw receiver.error("UNEXPECTED_END", `it ended after ${receiver.inbox.length} of ${bytes} bytes`);
      }
    }
    return receiver.inbox.take(bytes);
  } finally {
    receiver.unlock();
  }
}

export async function readUntil(
  receiver: Receiver,
  delimiter: Uint8Array | string,
  maxBytes: number,
): Promise<Buffer> {
  receiver.lock();
  try {
    const wanted = typeof delimiter === "string" ? Buffer.from(delimiter) : delimiter;
    const bytes = await findEnd(receiver, wanted, maxBytes);
    if (bytes !== undefined) return receiver.inbox.take(bytes);
    throw receiver.error(
      "UNEXPECTED_END",
      `it ended after ${receiver.inbox.length} bytes without the delimiter`,
    );
  } finally {
    receiver.unlock();
  }
}

const lineFeed = Buffer.from("\n");

export async function readLine(receiver: Receiver, maxBytes: number): Promise<string | undefined> {
  receiver.lock();
  try {
    const bytes = await findEnd(receiver, lineFeed, maxBytes);
    if (bytes === undefined && (receiver.inbox.length === 0 || receiver.isStopped)) return undefined;
    const line = receiver.inbox.take(bytes ?? receiver.inbox.length);
    if (line.at(-1) !== 0x0a) return line.toString();
    return line.toString("utf8", 0, line.at(-2) === 0x0d ? line.length - 2 : line.length - 1);
  } finally {
    receiver.unlock();
  }
}

/**
 * The number of bytes up to and with the delimiter. Undefined when the peer ended before the delimiter. @throws {SocketError}
 * LINE_TOO_LONG
 */
async function findEnd(
  receiver: Receiver,
  delimiter: Uint8Array,
  maxBytes: number,
): Promise<number | undefined> {
  const { inbox } = receiver;
  for (let from = 0; ; ) {
    const at = inbox.indexOf(delimiter, from);
    const bytes = at + delimiter.length;
    if (at >= 0 && bytes <= maxBytes) return bytes;
    if (at >= 0 || inbox.length >= maxBytes) {
      throw receiver.error("LINE_TOO_LONG", `no delimiter within ${maxBytes} bytes`);
    }
    // The delimiter may have begun in the last bytes.
    from = Math.max(0, inbox.length - delimiter.length + 1);
    receiver.isFrameOpen = inbox.length > 0;
    if (!(await receiver.more())) return undefined;
  }
}

export async function* readBatches(
  receiver: Receiver,
  codec: Codec,
  { keepsRest = false }: BatchesOptions = {},
): AsyncGenerator<FrameBatch, void> {
  receiver.lock();
  receiver.keepsRest = keepsRest;
  try {
    const decoder = codec.createDecoder();
    let failure: unknown;
    for (;;) {
      if (receiver.inbox.length === 0) {
        try {
          // A stop may add the chunk that was parked.
          if (!(await receiver.more()) && receiver.inbox.length === 0) break;
        } catch (error) {
          failure = error;
          break;
        }
      }
      const { batch, error } = decode(() => decoder.push(receiver.inbox.take(receiver.maxChunkBytes)));
      receiver.isFrameOpen = decoder.isFrameOpen;
      if (!isEmpty(batch) || !receiver.isFrameOpen) receiver.frameSweeps = 0;
      if (hasNews(batch)) yield batch!;
      if (error) throw error;
    }
    const isPeersEnd = failure === undefined && !receiver.isStopped;
    const { batch, error } = isPeersEnd || keepsRest ? decode(() => decoder.end()) : unfinished(decoder);
    if (hasNews(batch)) yield batch!.count > 0 ? Object.assign(batch!, { isPartial: true }) : batch!;
    if (isPeersEnd && error) throw error;
    if (error instanceof FramingError) yield lostFrame(error.lostBytes);
    else if (error) throw error;
    if (failure) throw failure;
  } finally {
    receiver.unlock();
  }
}

/** A frame that our own end or a failure has cut off. */
function unfinished({ heldBytes }: Decoder): { batch?: FrameBatch; error?: unknown } {
  return heldBytes === 0 ? {} : { batch: lostFrame(heldBytes) };
}

function lostFrame(lostBytes: number): FrameBatch {
  const none = () => {
    throw new RangeError("Cannot give a frame: the batch has none");
  };
  return { count: 0, payloadBytes: 0, frame: none, dropped: 1, truncated: 0, lostBytes };
}

export async function* readFrames(receiver: Receiver, codec: Codec): AsyncGenerator<Buffer, void> {
  for await (const batch of readBatches(receiver, codec)) {
    for (let index = 0; index < batch.count; index++) yield Buffer.from(batch.frame(index));
  }
}

function isEmpty(batch: FrameBatch | undefined): boolean {
  return batch === undefined || batch.count + batch.dropped + batch.truncated === 0;
}

function hasNews(batch: FrameBatch | undefined): boolean {
  return batch !== undefined && batch.count + batch.dropped + batch.truncated + batch.lostBytes > 0;
}

/**
 * Frames that were complete before an error are given first, like all others. The error then comes without these frames, so that
 * no frame is taken twice.
 */
function decode(step: () => FrameBatch): { batch?: FrameBatch | undefined; error?: unknown } {
  try {
    return { batch: step() };
  } catch (error) {
    if (!(error instanceof FramingError) || error.frames === undefined) return { error };
    const { data, lostBytes } = error;
    const bare = new FramingError(error.code, error.message, { data, lostBytes });
    return { batch: error.frames, error: bare };
  }
}
