/** Printing: every figure of a run in one table, with the ratio that the claim is about and its limit. */
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";

export interface Figure {
  readonly what: string;
  readonly value: string;
}

/** A claim: `ratio` must be at least (or at most) `limit`. */
export interface Claim {
  readonly what: string;
  readonly ratio: number;
  readonly limit: number;
  readonly direction: "at least" | "at most";
  readonly unit?: string;
}

export const perSecond = (count: number, seconds: number, unit: string) =>
  `${Math.round(count / seconds).toLocaleString("en")} ${unit}/s`;

export const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Prints and, when a claim does not hold, makes the process exit with 1. */
export function report(title: string, figures: readonly Figure[], claims: readonly Claim[]): void {
  const cpu = cpus()[0]?.model ?? arch();
  const machine = `${availableParallelism()} x ${cpu}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()}`;
  console.log(`${title} (Node ${process.version}, ${machine})`);
  const width = Math.max(...[...figures, ...claims].map(({ what }) => what.length));
  for (const { what, value } of figures) console.log(`  ${what.padEnd(width)}  ${value}`);
  for (const { what, ratio, limit, direction, unit = "" } of claims) {
    const holds = direction === "at least" ? ratio >= limit : ratio <= limit;
    console.log(
      `  ${what.padEnd(width)}  ${ratio.toFixed(2)}${unit}  (${direction} ${limit}${unit}: ${holds ? "holds" : "FAILS"})`,
    );
    if (!holds) process.exitCode = 1;
  }
}
