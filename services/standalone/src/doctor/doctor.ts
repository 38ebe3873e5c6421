import { readFileSync } from "node:fs";
import {
  type ConnectionOptions,
  exitCodes,
  resolveHttp,
  type Terminal,
  writeOut,
} from "@fairlead/client/cli";
import { errorCode, toError } from "@fairlead/core";
import { type EngineConfig, loadServicesConfig, planServices } from "@fairlead/engine";
import { services } from "../services.ts";
import { checkAccess } from "./check-access.ts";
import { checkDirectories } from "./check-directory.ts";
import { checkEngine } from "./check-engine.ts";
import { checkPort } from "./check-port.ts";
import { checkReceiveBuffer } from "./check-receive-buffer.ts";
import { checkNode, checkOpenFiles } from "./check-system.ts";
import { checkUnixSocket } from "./check-unix-socket.ts";
import { describeFindings, type Finding, fault, ok, worstOf } from "./finding.ts";
import type { PortOwner } from "./port-owner.ts";
import { checkRunning } from "./running.ts";

export interface DoctorCommandOptions extends ConnectionOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `fairlead doctor`. */
export async function doctor(options: DoctorCommandOptions, terminal: Terminal): Promise<void> {
  const findings = [checkNode(process.version)];
  const config = loadConfig(options, terminal, findings);
  if (config) findings.push(...(await checkPlan(config, options, terminal)));
  const status = worstOf(findings);
  const report = options.json ? `${JSON.stringify({ status, findings })}\n` : describeFindings(findings);
  await writeOut(terminal, report);
  terminal.exitCode = status === "fault" ? exitCodes.failed : exitCodes.done;
}

function loadConfig(
  options: DoctorCommandOptions,
  terminal: Terminal,
  findings: Finding[],
): EngineConfig | undefined {
  const subject = "configuration";
  try {
    const { values, file } = loadServicesConfig({ services, env: terminal.env, configFile: options.config });
    findings.push(ok(subject, file ?? "no file, all defaults"));
    return values;
  } catch (error) {
    if (!errorCode(error)?.startsWith("CONFIG_")) throw error;
    const advice = "correct these; `fairlead config schema` gives an editor what it needs to help";
    findings.push(fault(subject, toError(error).message, advice));
    return undefined;
  }
}

async function checkPlan(
  config: EngineConfig,
  options: DoctorCommandOptions,
  terminal: Terminal,
): Promise<Finding[]> {
  const { host, port } = config.http;
  // The address of the configuration, unless the caller gives another.
  const http = resolveHttp(options, {
    ...terminal.env,
    FAIRLEAD_HOST: host,
    FAIRLEAD_HTTP_PORT: String(port || 7000),
  });
  const { isRunning, findings } = await checkRunning(http);
  const isOwn = (owner: PortOwner | undefined) => isRunning && (owner === undefined || isNode(owner));
  const { sockets, connections, eventTypes } = planServices(services, config);
  const checks = sockets.map((planned) => {
    if (planned.scheme === "unix") return checkUnixSocket(planned, isRunning);
    // Port 0 takes any free port, so there is nothing to check.
    return planned.port === 0 ? [] : checkPort(planned, isOwn);
  });
  return [
    ...findings,
    ...(await checkEngine(config, eventTypes)),
    ...checkDirectories(config),
    ...checkOpenFiles(connections),
    ...(await checkAccess(config.http)),
    ...(await Promise.all(checks)).flat(),
    ...(await checkReceiveBuffer(sockets)),
  ];
}

/** The running Fairlead is a process that runs `fairlead` or one service; another program on one of its ports is not. */
function isNode({ pid }: PortOwner): boolean {
  try {
    return /fairlead|standalone|services\/[a-z0-9-]+\/src\/main\.ts/.test(
      readFileSync(`/proc/${pid}/cmdline`, "utf8"),
    );
  } catch {
    return true;
  }
}
