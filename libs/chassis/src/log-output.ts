import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { errorCode } from "@fairlead/core";
import type { LineSink } from "./human-lines.ts";

/** Where log lines end. Writing neither throws nor waits. */
export interface LogOutput extends LineSink {
  /** Lines that were not written: the disk was full, nobody read, or the reader was too slow. */
  readonly lostLines: number;
  /** Called once lines are written again, with the number that was lost meanwhile. */
  onLoss: ((lines: number) => void) | undefined;
}

/** Text that may wait for a reader that is slow, in bytes. */
const maxWaitingBytes = 1 << 20;
const retryMs = 50;
/** The end of the process waits so long for a reader. */
const lastWordsMs = 500;

/**
 * Writes lines to a descriptor at once, so that the last line before a crash is not lost. Lines that a reader has no room for wait, up
 * to a limit; all others that cannot be written are lost and counted. The service goes on without its log.
 */
export function openLogOutput(descriptor: number): LogOutput {
  return new DescriptorOutput(nonBlocking(descriptor));
}

let standard: LogOutput | undefined;

/** The output of this process. All loggers share it, so that no line is cut by another. */
export function standardOutput(): LogOutput {
  standard ??= openLogOutput(1);
  return standard;
}

/**
 * A descriptor whose writes do not wait for a reader. A file is left as it is. What can be opened again is: the flag then belongs to
 * this opening alone and not to the other processes on the same pipe or terminal.
 */
function nonBlocking(descriptor: number): number {
  try {
    if (fstatSync(descriptor).isFile()) return descriptor;
    return openSync(
      `/proc/self/fd/${descriptor}`,
      constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
  } catch {
    // A socket, a pipe of another user, or no /proc: Node's own stream sets the flag on the descriptor itself.
    if (descriptor === 1) void process.stdout;
    return descriptor;
  }
}

class DescriptorOutput implements LogOutput {
  readonly #descriptor: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #said = 0;
  #isFailing = false;
  /** True within a line, and behind the part of a line whose rest was lost: the next one begins on a line of its own. */
  #isInLine = false;
  #isTorn = false;
  #retry: NodeJS.Timeout | undefined;
  onLoss: ((lines: number) => void) | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    process.on("exit", () => this.#lastWords());
  }

  get lostLines(): number {
    return this.#lost;
  }

  write(line: string): void {
    if (this.#waiting.length > 0) this.#flush();
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > maxWaitingBytes) this.#lost++;
    else {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
      if (this.#waiting.length === 1) this.#flush();
    }
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** Writes what waits, as far as the reader has room. */
  #flush(): void {
    for (let line = this.#waiting[0]; line !== undefined; line = this.#waiting[0]) {
      const left = this.#put(line);
      this.#waitingBytes -= line.length - left.length;
      if (left.length > 0) {
        this.#waiting[0] = left;
        return;
      }
      this.#waiting.shift();
    }
    const lines = this.#lost - this.#said;
    if (lines === 0 || this.#isFailing) return;
    this.#said = this.#lost;
    setImmediate(() => this.onLoss?.(lines));
  }

  /** Returns what the reader has no room for. A line that cannot be written is lost. */
  #put(line: Buffer): Buffer {
    let left = line;
    try {
      if (this.#isTorn) writeSync(this.#descriptor, "\n");
      this.#isTorn = false;
      while (left.length > 0) {
        left = left.subarray(writeSync(this.#descriptor, left));
        this.#isInLine = left.length > 0;
      }
      this.#isFailing = false;
    } catch (error) {
      if (errorCode(error) === "EAGAIN") return left;
      this.#lost++;
      this.#isFailing = true;
      this.#isTorn ||= this.#isInLine;
      this.#isInLine = false;
      return left.subarray(left.length);
    }
    return left;
  }

  #schedule(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#flush();
      if (this.#waiting.length > 0) this.#schedule();
    }, retryMs).unref();
  }

  /** The process ends: there is no later turn in which the rest could be written. */
  #lastWords(): void {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const endsAt = performance.now() + lastWordsMs;
    for (this.#flush(); this.#waiting.length > 0 && performance.now() < endsAt; this.#flush())
      Atomics.wait(pause, 0, 0, 10);
  }
}
