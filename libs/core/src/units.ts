import { FairleadError } from "./errors.ts";

const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function parse(text: string, units: Readonly<Record<string, number>>, what: string, example: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text.trim());
  const factor = match ? units[match[2]!] : undefined;
  const value = match && factor !== undefined ? Number(match[1]) * factor : Number.NaN;
  if (!Number.isSafeInteger(Math.round(value))) {
    throw new FairleadError(
      "BAD_UNIT",
      `Cannot parse ${what} ${JSON.stringify(text)}: write a number and one of ${Object.keys(units).join(", ")}, like "${example}"`,
    );
  }
  return Math.round(value);
}

function format(value: number, units: readonly (readonly [string, number])[]): string {
  for (const [unit, factor] of units) {
    if (value >= factor && value % factor === 0) return `${value / factor}${unit}`;
  }
  const [unit, factor] = units.find(([, f]) => value >= f) ?? units.at(-1)!;
  return `${Number((value / factor).toFixed(1))}${unit}`;
}

/** "64KiB" -> 65536. Binary (KiB, MiB, GiB, TiB) and decimal (kB, MB, GB, TB) units. @throws {FairleadError} BAD_UNIT */
export function parseBytes(text: string): number {
  return parse(text, byteUnits, "size", "64KiB");
}

/** "1.5s" -> 1500. Units ms, s, m, h, d. @throws {FairleadError} BAD_UNIT */
export function parseDurationMs(text: string): number {
  return parse(text, durationUnits, "duration", "5s");
}

/** 65536 -> "64KiB"; rounds to one decimal where no unit divides the value. */
export function formatBytes(bytes: number): string {
  return format(bytes, [
    ["TiB", 2 ** 40],
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
    ["B", 1],
  ]);
}

/** 90000 -> "90s"; rounds to one decimal where no unit divides the value. */
export function formatDurationMs(ms: number): string {
  return format(ms, [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1_000],
    ["ms", 1],
  ]);
}
