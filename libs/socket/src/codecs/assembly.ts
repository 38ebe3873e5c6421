import type { FrameBatch } from "../codec.ts";
import { frameInvalid, frameTooLarge } from "./framing-errors.ts";
import { Held } from "./held.ts";
import type { FrameLimits } from "./options.ts";

/**
 * Puts the frames of one stream together, and alone enforces the cap. A frame that lies whole in a chunk is a view of that chunk.
 * A frame that is spread over chunks is copied once. Nothing beyond the cap is ever held.
 */
export class Assembly {
  readonly #limits: FrameLimits;
  readonly #held: Held;
  /** True when the current frame is over the cap. The rest of such a frame is passed over. */
  #isOver = false;
  #frames: Buffer[] = [];
  #payloadBytes = 0;
  #dropped = 0;
  #truncated = 0;
  #lostBytes = 0;

  constructor(limits: FrameLimits) {
    this.#limits = limits;
    this.#held = new Held(limits.maxFrameBytes);
  }

  get heldBytes(): number {
    return this.#held.length;
  }

  /** True when no byte of the current frame has come. */
  get isEmpty(): boolean {
    return this.#held.length === 0 && !this.#isOver;
  }

  /** Declares the size of the current frame before its bytes come. @throws {FramingError} FRAME_TOO_LARGE */
  declare(bytes: number): void {
    if (bytes > this.#limits.maxFrameBytes) this.#exceed();
  }

  /** Adds bytes to the current frame. More bytes are to come. @throws {FramingError} FRAME_TOO_LARGE */
  add(chunk: Buffer, start: number, end: number): void {
    const room = this.#limits.maxFrameBytes - this.#held.length;
    if (end - start > room) this.#exceed();
    if (this.#isOver && this.#limits.oversize === "drop") {
      this.lose(end - start);
      return;
    }
    const kept = Math.min(end, start + room);
    this.#held.append(chunk, start, kept);
    this.lose(end - kept);
  }

  /** Adds the last bytes of the current frame, possibly none. @throws {FramingError} FRAME_TOO_LARGE */
  finish(chunk: Buffer, start: number, end: number): void {
    if (this.#held.length + end - start > this.#limits.maxFrameBytes) this.#exceed();
    if (!this.#isOver && this.#held.length === 0) {
      this.#emit(chunk.subarray(start, end));
      return;
    }
    this.add(chunk, start, end);
    if (!this.#isOver) {
      this.#emit(this.#held.take());
    } else if (this.#limits.oversize === "truncate") {
      this.#truncated++;
      this.#emit(this.#held.take());
    }
    this.#isOver = false;
  }

  /**
   * Drops the current frame, or bytes that are no frame, and counts one dropped frame.
   *
   * @throws {FramingError} FRAME_INVALID with the policy `close`
   */
  reject(state: string): void {
    if (this.#limits.oversize === "close") throw frameInvalid(state);
    const isCounted = this.#isOver && this.#limits.oversize === "drop";
    if (!isCounted) this.#dropped++;
    this.lose(this.#held.length);
    this.#held.clear();
    this.#isOver = false;
  }

  /** Counts bytes that are in no frame and are no framing. */
  lose(bytes: number): void {
    this.#lostBytes += bytes;
  }

  /** All frames since the last call. */
  take(): FrameBatch {
    const frames = this.#frames;
    const batch: FrameBatch = {
      count: frames.length,
      payloadBytes: this.#payloadBytes,
      frame: (index) => frames[index]!,
      dropped: this.#dropped,
      truncated: this.#truncated,
      lostBytes: this.#lostBytes,
    };
    this.#frames = [];
    this.#payloadBytes = 0;
    this.#dropped = 0;
    this.#truncated = 0;
    this.#lostBytes = 0;
    return batch;
  }

  #emit(frame: Buffer): void {
    this.#frames.push(frame);
    this.#payloadBytes += frame.length;
  }

  #exceed(): void {
    if (this.#isOver) return;
    if (this.#limits.oversize === "close") throw frameTooLarge(this.#limits.maxFrameBytes);
    this.#isOver = true;
    if (this.#limits.oversize === "drop") {
      this.#dropped++;
      this.lose(this.#held.length);
      this.#held.clear();
    }
  }
}
