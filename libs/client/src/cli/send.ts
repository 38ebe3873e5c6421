import { open } from "node:fs/promises";
import { toError } from "@fairlead/core";
import { type LineBatch, lineBatchOf, readLineBatches } from "../line-batches.ts";
import { UsageError } from "./connection-options.ts";
import { type Progress, showProgress } from "./progress.ts";
import { approximateSize, say, type Terminal, writeOut } from "./terminal.ts";

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface SendCommandOptions {
  readonly udp?: boolean;
  readonly to?: Target;
  readonly file?: string;
  readonly json?: boolean;
  readonly ackTimeout: number;
  readonly attempts: number;
}

/** `fairlead send`. @throws {ClientError} @throws {UsageError} */
export async function send(
  lines: readonly string[],
  options: SendCommandOptions,
  terminal: Terminal,
): Promise<void> {
  if (lines.length > 0 && options.file !== undefined) {
    throw new UsageError("Cannot send both lines and --file: give one of them");
  }
  const source = await openSource(lines, options, terminal);
  const progress = await showProgress(terminal, source.totalBytes);
  const sending = (options.udp ? sendUdp : sendTcp)(source, options, terminal, progress);
  const result = await sending.finally(() => progress.stop());
  await writeOut(terminal, options.json ? `${JSON.stringify(result.data)}\n` : "");
  if (!options.json) say(terminal, result.words);
}

interface Source {
  readonly lines: AsyncIterable<LineBatch>;
  /** The size of the source, 0 where the size is not known. */
  readonly totalBytes: number;
}

async function openSource(
  lines: readonly string[],
  { file }: SendCommandOptions,
  terminal: Terminal,
): Promise<Source> {
  if (lines.length > 0) {
    const batch = lineBatchOf(lines);
    return { lines: only(batch), totalBytes: batch.bytes.length };
  }
  if (file !== undefined && file !== "-") {
    const opened = await open(file).catch((error: unknown) => {
      throw new UsageError(`Cannot send the file ${file}: ${toError(error).message}`, error);
    });
    const status = await opened.stat();
    if (status.isDirectory()) {
      await opened.close();
      throw new UsageError(`Cannot send the file ${file}: it is a directory`);
    }
    const chunks = opened.createReadStream({ highWaterMark: 256 * 1024 });
    return { lines: readLineBatches(chunks), totalBytes: status.size };
  }
  if ("isTTY" in terminal.stdin && terminal.stdin.isTTY) say(terminal, "type lines; Ctrl-D ends them");
  return { lines: readLineBatches(terminal.stdin), totalBytes: 0 };
}

async function* only(batch: LineBatch): AsyncGenerator<LineBatch> {
  yield batch;
}

interface Result {
  readonly data: Readonly<Record<string, number>>;
  readonly words: string;
}

async function sendTcp(
  { lines }: Source,
  { to, ackTimeout, attempts }: SendCommandOptions,
  terminal: Terminal,
  progress: Progress,
): Promise<Result> {
  const { sendLines } = await import("../send-lines.ts");
  const { acknowledged, acknowledgedBytes } = await sendLines({
    ...(to ?? { host: "127.0.0.1", port: 7001 }),
    lines,
    ackTimeoutMs: ackTimeout,
    maxAttempts: attempts,
    signal: terminal.signal,
    onProgress: (done) => progress.update(done.acknowledgedBytes, `${done.acknowledged} lines acknowledged`),
    onNotice: (text) => say(terminal, text),
    onReconnect: (reason, delayMs) =>
      say(terminal, `${reason}; trying again in ${(delayMs / 1_000).toFixed(1)} s`),
  });
  const words = `${count(acknowledged, "line")} acknowledged (${approximateSize(acknowledgedBytes)})`;
  return { data: { acknowledged, acknowledgedBytes }, words };
}

async function sendUdp(
  { lines }: Source,
  { to }: SendCommandOptions,
  { signal }: Terminal,
  progress: Progress,
): Promise<Result> {
  const { sendDatagrams } = await import("../send-datagrams.ts");
  const { sent, sentBytes } = await sendDatagrams({
    ...(to ?? { host: "127.0.0.1", port: 7010 }),
    lines,
    signal,
    onProgress: (done) => progress.update(done.sentBytes, `${done.sent} datagrams sent`),
  });
  return { data: { sent, sentBytes }, words: `${count(sent, "datagram")} sent; UDP has no acknowledgement` };
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
