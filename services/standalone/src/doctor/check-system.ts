import { readFileSync } from "node:fs";
import { openFilesLimit } from "@fairlead/core";
import { type Finding, fault, ok, warning } from "./finding.ts";

/** @param version "v24.18.0" */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.slice(1).split(".").map(Number);
  const isGood = major > 24 || (major === 24 && minor >= 18);
  if (isGood) return ok("Node", version);
  const advice = "run fairlead by bin/fairlead.mjs or npm start, which bring their own";
  return fault("Node", `${version}, needed is 24.18 or newer`, advice);
}

/** File descriptors beside those of connections: the log, listeners, the HTTP API, and some to spare. */
const otherFiles = 200;

/**
 * Checks that there is a file descriptor for each connection that the configuration allows.
 * @param limits the text of /proc/self/limits; undefined where there is none
 */
export function checkOpenFiles(maxConnections: number, limits = readLimits()): Finding[] {
  const limit = openFilesLimit(limits);
  if (limit === undefined) return [];
  const needed = maxConnections + otherFiles;
  const subject = "open files";
  if (limit >= needed) return [ok(subject, `${limit} may be open, ${needed} is the most that is needed`)];
  return [
    warning(
      subject,
      `${limit} may be open, but the configuration allows ${maxConnections} connections, which need ${needed}: those over the limit are refused`,
      // Node has raised the soft limit to the hard one already, which only root can raise.
      `start with a limit of ${needed}: "LimitNOFILE=${needed}" in a systemd unit, "--ulimit nofile=${needed}" for a container, "ulimit -n ${needed}" as root; or lower limits.maxConnections of the listeners`,
    ),
  ];
}

function readLimits(): string | undefined {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return undefined;
  }
}
