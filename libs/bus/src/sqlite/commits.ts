import type { CloudEvent } from "@fairlead/contracts";
import { BusError, largerThanPending } from "../errors.ts";
import { Packer } from "./packer.ts";
import { encodeHead } from "./record.ts";

/** A group is sealed when it reaches either: larger ones commit no faster (docs/explanation/bus.md, Figures). */
const groupBytes = 1 << 20;
const groupEvents = 8_192;
/** Groups with the thread at a time: one commits while the next already waits there. */
const groupsInFlight = 2;
/** Emptied buffers that are kept for the next groups. */
const spareBuffers = 4;

interface Settle {
  resolve(offset: number): void;
  reject(error: Error): void;
}

export interface Group {
  readonly packer: Packer;
  readonly settles: Settle[];
  /** Which run of successes it belongs to: a refusal ends one (see `refuse`). */
  readonly epoch: number;
}

export interface CommitLimits {
  readonly maxPendingEvents: number;
  readonly maxPendingBytes: number;
}

/**
 * Gathers events into groups, in the order of the calls, and follows them until they are durable. Events of one turn of
 * the event loop, and all that come while two groups are under way, share one fsync.
 */
export class Commits {
  readonly #limits: CommitLimits;
  readonly #post: (group: Group) => void;
  readonly #sealed: Group[] = [];
  readonly #inFlight: Group[] = [];
  readonly #spares: ArrayBuffer[] = [];
  #open: Group | undefined;
  #isScheduled = false;
  #epoch = 0;
  #pendingEvents = 0;
  #pendingBytes = 0;
  #lastGroupBytes = 64 << 10;
  readonly #idle: (() => void)[] = [];

  constructor(limits: CommitLimits, post: (group: Group) => void) {
    this.#limits = limits;
    this.#post = post;
  }

  get pendingEvents(): number {
    return this.#pendingEvents;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /**
   * Resolves with the offset once durable. Copies the event at once.
   * @throws {BusError} BUS_OVERLOADED; EVENT_TOO_LARGE when it alone is more than may be pending (as rejections)
   */
  add(event: CloudEvent): Promise<number> {
    const head = encodeHead(event);
    const bytes = event.data.byteLength + head.length + event.type.length;
    const { maxPendingEvents, maxPendingBytes } = this.#limits;
    if (bytes > maxPendingBytes) return Promise.reject(largerThanPending(event.type, bytes, maxPendingBytes));
    if (this.#pendingEvents >= maxPendingEvents || this.#pendingBytes + bytes > maxPendingBytes) {
      const state = `${this.#pendingEvents} events and ${this.#pendingBytes} bytes wait to be durable`;
      const limit = `the limits are ${maxPendingEvents} and ${maxPendingBytes}`;
      return Promise.reject(new BusError("BUS_OVERLOADED", `Cannot publish an event: ${state}, ${limit}`));
    }
    this.#open ??= {
      packer: new Packer(this.#spares.pop() ?? this.#lastGroupBytes),
      settles: [],
      epoch: this.#epoch,
    };
    const { packer, settles } = this.#open;
    this.#pendingBytes += packer.add(0, undefined, event.type, head, event.data);
    this.#pendingEvents++;
    const durable = new Promise<number>((resolve, reject) => settles.push({ resolve, reject }));
    if (packer.bytes >= groupBytes || packer.count >= groupEvents) this.#seal();
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#flush();
      });
    }
    return durable;
  }

  /** The oldest group under way is durable from `firstOffset` on. Gives back how large it is. */
  confirm(firstOffset: number): { count: number; bytes: number } {
    const group = this.#settle();
    group.settles.forEach((settle, index) => {
      settle.resolve(firstOffset + index);
    });
    this.#flush();
    return { count: group.packer.count, bytes: group.packer.bytes };
  }

  /**
   * The oldest group under way was refused as a whole, and with it everything that was published before its publishers
   * could know: a later event of one of them must not be stored where an earlier one was refused, or its order were lost
   * when the publisher repeats both. (The thread refuses by itself what it holds of the same epoch.)
   */
  refuse(error: BusError): void {
    const group = this.#settle();
    const refused = [group];
    if (group.epoch === this.#epoch) {
      this.#epoch++;
      if (this.#open) this.#sealed.push(this.#open);
      this.#open = undefined;
      for (const waiting of this.#sealed.splice(0)) {
        this.#forget(waiting);
        refused.push(waiting);
      }
    }
    for (const { settles } of refused) for (const settle of settles) settle.reject(error);
    this.#flush();
  }

  /** Everything that waits or is under way fails. */
  rejectAll(error: BusError): void {
    this.#seal();
    const groups = [...this.#inFlight.splice(0), ...this.#sealed.splice(0)];
    this.#pendingEvents = 0;
    this.#pendingBytes = 0;
    for (const { settles } of groups) for (const settle of settles) settle.reject(error);
    this.#wakeIdle();
  }

  /** Takes an emptied buffer for a later group. */
  recycle(buffer: ArrayBuffer): void {
    if (this.#spares.length < spareBuffers && buffer.byteLength <= 2 * groupBytes) this.#spares.push(buffer);
  }

  /** Resolves when nothing is pending. */
  idle(): Promise<void> {
    if (this.#pendingEvents === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #settle(): Group {
    const group = this.#inFlight.shift();
    if (group === undefined) throw new Error("Cannot settle a group commit: none is under way");
    this.#forget(group);
    return group;
  }

  #forget({ packer }: Group): void {
    this.#pendingEvents -= packer.count;
    this.#pendingBytes -= packer.bytes;
  }

  #seal(): void {
    if (this.#open === undefined) return;
    this.#lastGroupBytes = Math.min(groupBytes, Math.max(64 << 10, this.#open.packer.bytes));
    this.#sealed.push(this.#open);
    this.#open = undefined;
    this.#postNext();
  }

  #postNext(): void {
    while (this.#inFlight.length < groupsInFlight) {
      const group = this.#sealed.shift();
      if (group === undefined) return;
      this.#inFlight.push(group);
      this.#post(group);
    }
  }

  #flush(): void {
    this.#postNext();
    // With both places taken, the open group goes on filling until one is free.
    if (this.#inFlight.length < groupsInFlight && !this.#isScheduled) this.#seal();
    if (this.#pendingEvents === 0) this.#wakeIdle();
  }

  #wakeIdle(): void {
    for (const wake of this.#idle.splice(0)) wake();
  }
}
