import type { LoggedEvent } from "../bus.ts";
import { decodeRecords } from "./record.ts";

interface Group {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly buffer: ArrayBuffer;
  readonly bytes: number;
  /** Decoded once, by the first tail that asks. */
  events: readonly LoggedEvent[] | undefined;
}

/**
 * The groups that were committed last, shared by all tails: a tail that keeps up costs no read. The window is bounded by
 * bytes; a tail that falls out of the window reads the log.
 */
export class RecentWindow {
  readonly #maxBytes: number;
  #groups: Group[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(buffer: ArrayBuffer, bytes: number, firstOffset: number, count: number): void {
    const last = this.#groups.at(-1);
    if (last && last.lastOffset + 1 !== firstOffset) this.clear();
    this.#groups.push({ firstOffset, lastOffset: firstOffset + count - 1, buffer, bytes, events: undefined });
    // The whole buffer stays in memory, not only its filled part.
    this.#bytes += buffer.byteLength;
    while (this.#bytes > this.#maxBytes) this.#bytes -= this.#groups.shift()!.buffer.byteLength;
  }

  clear(): void {
    this.#groups = [];
    this.#bytes = 0;
  }

  /** The group that holds the event after `offset`; undefined when that is not in the window. */
  groupAfter(offset: number): readonly LoggedEvent[] | undefined {
    const group = this.#groups.find(({ lastOffset }) => lastOffset > offset);
    if (group === undefined || group.firstOffset > offset + 1) return undefined;
    group.events ??= decodeRecords(
      Buffer.from(group.buffer, 0, group.bytes),
      group.lastOffset - group.firstOffset + 1,
      group.firstOffset,
    );
    return group.events;
  }
}
