/** `npm run bench -- <name>`: one measurement, printed as figures and ratios of one run. */
import { parseArgs } from "node:util";

type Measurement = (isSmoke: boolean) => Promise<void>;

/** Loaded when asked for: those on RabbitMQ bring its client. */
const measurements: Readonly<Record<string, () => Promise<{ measure: Measurement }>>> = {
  "tcp-ingest": () => import("./tcp-ingest.ts"),
  "tcp-ingest --engine amqp": () => import("./tcp-ingest-amqp.ts"),
  "udp-ingest": () => import("./udp-ingest.ts"),
  connections: () => import("./connections.ts"),
  start: () => import("./start.ts"),
  outage: () => import("./outage.ts"),
  latency: () => import("./latency.ts"),
  image: () => import("./image.ts"),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: "string" }, smoke: { type: "boolean", default: false } },
});
const name = positionals[0] + (values.engine === undefined ? "" : ` --engine ${values.engine}`);
const load = measurements[name];
if (load === undefined) {
  const known = Object.keys(measurements).join("\n  ");
  process.stderr.write(`usage: npm run bench -- <name> [--smoke]\n  ${known}\n`);
  process.exitCode = 2;
} else {
  await (await load()).measure(values.smoke);
}
