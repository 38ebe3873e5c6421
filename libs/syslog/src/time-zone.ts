const hourMs = 3_600_000;

/**
 * The offset of a time zone at an instant, remembered per hour: no zone changes its offset within an hour of UTC other
 * than at its start or half, and asking Intl costs 20 times as much as all the rest of a message.
 */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat | undefined;
  readonly #offsets = new Map<number, number>();

  /** @param name an IANA name ("Europe/Berlin") or "UTC" @throws {RangeError} when the name is not known */
  constructor(name: string) {
    this.name = name;
    if (name === "UTC") return;
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** Local time minus UTC, in milliseconds. */
  offsetMs(utcMs: number): number {
    if (this.#format === undefined) return 0;
    const slot = Math.floor(utcMs / (hourMs / 2));
    const known = this.#offsets.get(slot);
    if (known !== undefined) return known;
    const parts: Record<string, number> = {};
    const slotMs = slot * (hourMs / 2);
    for (const part of this.#format.formatToParts(slotMs)) parts[part.type] = Number(part.value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const offset = Date.UTC(year, month - 1, day, hour, minute, second) - slotMs;
    if (this.#offsets.size >= 256) this.#offsets.clear();
    this.#offsets.set(slot, offset);
    return offset;
  }

  /**
   * The instant of a local time given as if it were UTC. A local time that a change of the clock skips or repeats is
   * taken with the offset that was in force before the change.
   */
  toUtcMs(localMs: number): number {
    const before = localMs - this.offsetMs(localMs - 24 * hourMs);
    return this.offsetMs(before) === this.offsetMs(localMs - 24 * hourMs)
      ? before
      : localMs - this.offsetMs(before);
  }
}

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
