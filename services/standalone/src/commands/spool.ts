import { existsSync } from "node:fs";
import { resolve } from "node:path";
import {
  BusError,
  emptySpool,
  exportSpool,
  inspectSpool,
  type SpoolStatus,
  verifySpool,
} from "@fairlead/bus";
import { approximateSize, exitCodes, say, type Terminal, writeOut } from "@fairlead/client/cli";
import { toStructuredJson } from "@fairlead/contracts";
import { silentLogger, systemClock } from "@fairlead/core";
import { amqpBusOptions, type EngineConfig, loadServicesConfig } from "@fairlead/engine";
import { services } from "../services.ts";

export interface SpoolCommandOptions {
  readonly config?: string;
  readonly json?: boolean;
}

type Operation = (options: SpoolCommandOptions, terminal: Terminal) => Promise<void>;

const load = (options: SpoolCommandOptions, terminal: Terminal): EngineConfig =>
  loadServicesConfig({ services, env: terminal.env, configFile: options.config }).values;

/** @throws {BusError} BUS_FAILED where there is no spool, because there is no RabbitMQ */
function pathOf({ dataDir, bus }: EngineConfig): string {
  const path = resolve(dataDir, bus.spool.path);
  if (bus.amqp !== undefined || existsSync(path)) return path;
  throw noBroker(path);
}

function noBroker(path: string): BusError {
  const state =
    "no RabbitMQ is configured (bus.amqp.url, FAIRLEAD_AMQP_URL), so events go to the log on this disk";
  return new BusError("BUS_FAILED", `Cannot open the spool ${path}: ${state}`, { retryable: false });
}

/** The operations of `fairlead spool`. @throws {BusError} LOG_IN_USE while a process has the spool; BUS_FAILED */
export const spoolOperations: Readonly<Record<"status" | "verify" | "export" | "empty", Operation>> = {
  async status(options, terminal) {
    await print(await inspectSpool(pathOf(load(options, terminal))), options, terminal);
  },

  async verify(options, terminal) {
    await print(await verifySpool(pathOf(load(options, terminal))), options, terminal);
  },

  async export(options, terminal) {
    await using events = exportSpool(pathOf(load(options, terminal)));
    let next = await events.next();
    for (; !next.done && !terminal.signal.aborted; next = await events.next()) {
      const { offset, event } = next.value;
      await writeOut(terminal, `${JSON.stringify({ offset, ...toStructuredJson(event) })}\n`);
    }
    if (!next.done) return;
    for (const problem of next.value.problems) say(terminal, problem);
    judge(next.value, terminal);
  },

  async empty(options, terminal) {
    const { bus, dataDir } = load(options, terminal);
    if (bus.amqp === undefined) throw noBroker(resolve(dataDir, bus.spool.path));
    const told = new Set<string>();
    const parts = { dataDir, name: "spool empty", logger: silentLogger, clock: systemClock };
    const status = await emptySpool({
      ...amqpBusOptions(bus, bus.amqp, parts),
      signal: terminal.signal,
      onProgress: (_left, problems) => {
        for (const problem of problems.filter((words) => !told.has(words))) {
          told.add(problem);
          say(terminal, problem);
        }
      },
    });
    await print(status, options, terminal);
    if (status.events > 0) terminal.exitCode = exitCodes.failed;
  },
};

/** A repair is said once, by the command that made it, so each ends with code 1 then. */
function judge({ problems }: SpoolStatus, terminal: Terminal): void {
  if (problems.length > 0) terminal.exitCode = exitCodes.failed;
}

async function print(status: SpoolStatus, options: SpoolCommandOptions, terminal: Terminal): Promise<void> {
  judge(status, terminal);
  if (options.json) return writeOut(terminal, `${JSON.stringify(status)}\n`);
  const { path, events, bytes, oldest, problems, keptFiles } = status;
  const waiting =
    events === 0
      ? "nothing waits"
      : `${events} events wait, the oldest of ${oldest ?? "an unknown time"}; the file holds ${approximateSize(bytes)}`;
  const kept = keptFiles.map((file) => `kept from a repair, until you remove it: ${file}`);
  await writeOut(terminal, `${[`${path}: ${waiting}`, ...problems, ...kept].join("\n")}\n`);
}
