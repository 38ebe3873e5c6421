import { resolve } from "node:path";
import { drainSpool, exportSpool, inspectSpool, type SpoolStatus, verifySpool } from "@fairlead/bus";
import { approximateSize, exitCodes, say, type Terminal, writeOut } from "@fairlead/client/cli";
import { toStructuredJson } from "@fairlead/contracts";
import { silentLogger } from "@fairlead/core";
import { type EngineConfig, loadServicesConfig } from "@fairlead/engine";
import { services } from "../services.ts";
import type { SpoolCommandOptions } from "./spool-command.ts";

type Operation = (options: SpoolCommandOptions, terminal: Terminal) => Promise<void>;

const load = (options: SpoolCommandOptions, terminal: Terminal): EngineConfig =>
  loadServicesConfig({ services, env: terminal.env, configFile: options.config }).values;

const pathOf = ({ dataDir, bus }: EngineConfig) => resolve(dataDir, bus.spool.path);

/** The operations of `fairlead spool`. @throws {BusError} LOG_IN_USE while a process has the spool; BUS_FAILED */
export const spoolOperations: Readonly<Record<"status" | "verify" | "export" | "drain", Operation>> = {
  async status(options, terminal) {
    await print(await inspectSpool(pathOf(load(options, terminal))), options, terminal);
  },

  async verify(options, terminal) {
    const status = await verifySpool(pathOf(load(options, terminal)));
    await print(status, options, terminal);
    if (status.damagedEvents > 0) terminal.exitCode = exitCodes.failed;
  },

  async export(options, terminal) {
    for await (const { offset, event } of exportSpool(pathOf(load(options, terminal)))) {
      if (terminal.signal.aborted) return;
      await writeOut(terminal, `${JSON.stringify({ offset, ...toStructuredJson(event) })}\n`);
    }
  },

  async drain(options, terminal) {
    const { bus, dataDir } = load(options, terminal);
    const told = new Set<string>();
    const status = await drainSpool(bus, {
      dataDir,
      logger: silentLogger,
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

async function print(status: SpoolStatus, options: SpoolCommandOptions, terminal: Terminal): Promise<void> {
  if (options.json) return writeOut(terminal, `${JSON.stringify(status)}\n`);
  const { path, events, bytes, oldest, damagedEvents, problems } = status;
  const waiting =
    events === 0
      ? "nothing waits"
      : `${events} events wait, the oldest of ${oldest ?? "an unknown time"}; the file holds ${approximateSize(bytes)}`;
  const damage = damagedEvents === 0 ? [] : [`${damagedEvents} events were found damaged and set aside`];
  await writeOut(terminal, `${[`${path}: ${waiting}`, ...damage, ...problems].join("\n")}\n`);
}
