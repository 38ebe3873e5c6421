import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { eventually, startProcess, within } from "@fairlead/harness";
import { maxListed, type WorkQueues } from "../src/queues.ts";

const life = fileURLToPath(new URL("./life.ts", import.meta.url));

export interface KillBooks {
  /** Acked for sure, and handed out once more. */
  readonly ackedTwice: number;
  readonly summary: string;
}

/**
 * Runs life.ts and kills it -9 at a random moment with deliveries out, some rounds; then handles what is left. Each message that
 * was durable must have been acked, or in the course of it, or come now, or be a dead letter.
 */
export async function killRounds(
  target: string,
  kind: string,
  rounds: number,
  open: () => Promise<WorkQueues>,
): Promise<KillBooks> {
  const enqueued = new Set<string>();
  const acking = new Set<string>();
  const acked: string[] = [];
  const got: string[] = [];
  for (let round = 0; round < rounds; round++) {
    await using child = await startProcess(life, { args: [target, kind, `r${round}`] });
    await child.waitForLine("acked");
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
    const count = (step: string) => child.stdout.filter((line) => line.startsWith(`${step} `)).length;
    await eventually(() => count("got") > count("acked"), "a delivery that is out");
    const { signal } = await child.kill();
    assert.equal(signal, "SIGKILL", child.stderr.join("\n"));
    for (const line of child.stdout) {
      const [step, id = ""] = line.split(" ");
      if (step === "enqueued") enqueued.add(id);
      else if (step === "got") got.push(id);
      else if (step === "acking") acking.add(id);
      else if (step === "acked") acked.push(id);
    }
  }
  await using queues = await open();
  const left = new Map<string, number>();
  const dead = new Set<string>();
  const isMissing = (id: string) => !acking.has(id) && !left.has(id) && !dead.has(id);
  const missing = () => [...enqueued].filter(isMissing);
  const stop = new AbortController();
  const consuming = queues.consume(kind, { slots: 8, signal: stop.signal }, async (delivery) => {
    left.set(delivery.id, Math.max(left.get(delivery.id) ?? 0, delivery.redeliveries));
    await delivery.ack();
  });
  const drained = async () => {
    while (missing().length > 0) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const letters = await queues.deadLetters({ limit: maxListed });
      for (const letter of letters) if (letter.kind === kind) dead.add(letter.id);
    }
  };
  await within(drained(), () => `an end: ${missing().length} are missing, like ${missing()[0]}`);
  stop.abort();
  await consuming;
  const sure = new Set(acked);
  const again = got.length - new Set(got).size;
  assert.ok(again > 0 || [...left.values()].some((times) => times > 0), "no kill with a delivery out");
  const ackedTwice = acked.length - sure.size + [...left.keys()].filter((id) => sure.has(id)).length;
  return {
    ackedTwice,
    summary:
      `${rounds} kills: ${enqueued.size} enqueued, ${sure.size} acked before a kill, ${again} handed out again, ` +
      `${left.size} left to the end, ${ackedTwice} acked and handed out once more, ${dead.size} dead letters`,
  };
}
