/** `npm run bench -- <name>`: one measurement, printed as figures and ratios of one run. */
import { readdirSync } from "node:fs";

const names = ["tcp-ingest", "udp-ingest", "connections", "start"] as const;
const [name, ...args] = process.argv.slice(2);

if (name === undefined || !(names as readonly string[]).includes(name)) {
  process.stderr.write(`usage: npm run bench -- <${names.join(" | ")}> [--smoke]\n`);
  process.exitCode = 2;
} else {
  const file = readdirSync(import.meta.dirname).find((entry) => entry === `${name}.ts`)!;
  const { measure } = (await import(`./${file}`)) as { measure: (isSmoke: boolean) => Promise<void> };
  await measure(args.includes("--smoke"));
}
