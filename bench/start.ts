/** `fairlead up` from its spawn until it answers ready, and what it then holds in memory. */
import { defaultConfig } from "@fairlead/engine/testing";
import { services } from "@fairlead/standalone";
import { median, report } from "./figures.ts";
import { Fairlead, residentBytes } from "./processes.ts";

export async function measure(isSmoke: boolean): Promise<void> {
  const startsMs: number[] = [];
  const resident: number[] = [];
  for (let round = 0; round < (isSmoke ? 1 : 7); round++) {
    await using fairlead = await Fairlead.start(defaultConfig(services, () => 0));
    startsMs.push(fairlead.startMs);
    resident.push((await residentBytes(fairlead.pid)) / 2 ** 20);
  }
  const range = (values: number[], unit: string) =>
    `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)} ${unit}`;
  report(
    "bench start",
    [
      { what: "starts", value: String(startsMs.length) },
      { what: "spawn to ready", value: range(startsMs, "ms") },
      { what: "resident when ready", value: range(resident, "MiB") },
    ],
    [
      { what: "median start", ratio: median(startsMs) / 1_000, limit: 1.5, direction: "at most", unit: " s" },
      { what: "median resident", ratio: median(resident), limit: 150, direction: "at most", unit: " MiB" },
    ],
  );
}
