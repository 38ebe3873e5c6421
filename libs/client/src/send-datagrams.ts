import { setTimeout as sleep } from "node:timers/promises";
import { bindUdp } from "@fairlead/socket";
import { unreachable } from "./errors.ts";
import type { LineBatch } from "./line-batches.ts";

export interface SendDatagramsOptions {
  readonly host: string;
  readonly port: number;
  /** Each line, without its line feed, is a datagram. */
  readonly lines: AsyncIterable<LineBatch>;
  readonly signal?: AbortSignal;
  /** Called after each batch with the datagrams and bytes so far. */
  readonly onProgress?: (progress: DatagramProgress) => void;
}

export interface DatagramProgress {
  /** Datagrams that the kernel has taken. */
  readonly sent: number;
  readonly sentBytes: number;
}

/** The wait for an ICMP refusal. On this machine a refusal comes within microseconds, from elsewhere later or never. */
const refusalWaitMs = 50;

/**
 * Sends a datagram for each line. UDP has no acknowledgement, so the client knows only that the kernel has taken a datagram.
 * @throws {ClientError} UNREACHABLE when the peer's host said that nothing listens there
 * @throws {SocketError} DATAGRAM_TOO_LARGE, NAME_NOT_FOUND
 */
export async function sendDatagrams(options: SendDatagramsOptions): Promise<DatagramProgress> {
  const { host, port, lines, signal, onProgress } = options;
  const { lookup } = await import("node:dns/promises");
  const { family } = await lookup(host).catch((error: unknown) => {
    throw unreachable(`${host}:${port}`, error);
  });
  let refusal = undefined as Error | undefined;
  await using socket = await bindUdp({
    host: family === 6 ? "::" : "0.0.0.0",
    port: 0,
    maxPendingDatagrams: 1,
    maxPendingBytes: 65_507,
    onError: (error) => {
      refusal ??= error;
    },
  });
  await socket.connect({ host, port });
  try {
    for await (const { bytes } of lines) {
      for (let start = 0; start < bytes.length && !signal?.aborted; ) {
        const end = bytes.indexOf(10, start);
        await socket.send(bytes.subarray(start, end));
        start = end + 1;
      }
      onProgress?.({ sent: socket.stats.sent, sentBytes: socket.stats.sentBytes });
    }
  } catch (error) {
    refusal ??= error as Error;
  }
  if (refusal === undefined) await sleep(refusalWaitMs);
  if (refusal !== undefined) throw asFailure(refusal, `${host}:${port}`);
  signal?.throwIfAborted();
  return { sent: socket.stats.sent, sentBytes: socket.stats.sentBytes };
}

function asFailure(error: Error, address: string): Error {
  const code = "code" in error ? error.code : undefined;
  return code === "CONNECTION_REFUSED" || code === "ECONNREFUSED" ? unreachable(address, error) : error;
}
