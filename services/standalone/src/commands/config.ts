import { type Terminal, writeOut } from "@fairlead/client/cli";
import { loadServicesConfig, servicesJsonSchema } from "@fairlead/engine";
import { services } from "../services.ts";

export interface ConfigCommandOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly redacted?: boolean;
}

const load = (options: ConfigCommandOptions, terminal: Terminal) =>
  loadServicesConfig({ services, env: terminal.env, configFile: options.config });

/** @throws {ConfigError} with everything that is wrong */
export async function checkConfig(options: ConfigCommandOptions, terminal: Terminal): Promise<void> {
  const { file } = load(options, terminal);
  const result = options.json
    ? JSON.stringify({ status: "ok", file: file ?? null })
    : `ok: ${file ?? "no file, all defaults"}`;
  await writeOut(terminal, `${result}\n`);
}

/** Prints every key as a person would write it. @throws {ConfigError} */
export async function printConfig(options: ConfigCommandOptions, terminal: Terminal): Promise<void> {
  const { redacted } = load(options, terminal);
  if (options.json) return writeOut(terminal, `${JSON.stringify(redacted, undefined, 2)}\n`);
  const { stringify } = await import("yaml");
  await writeOut(terminal, stringify(redacted, { lineWidth: 0 }));
}

export async function printSchema(terminal: Terminal): Promise<void> {
  await writeOut(terminal, `${JSON.stringify(servicesJsonSchema(services), undefined, 2)}\n`);
}
