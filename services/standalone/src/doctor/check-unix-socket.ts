import { lstatSync } from "node:fs";
import { errorCode, toError } from "@fairlead/core";
import type { PlannedSocket } from "@fairlead/engine";
import { listenUnix } from "@fairlead/socket";
import { type Finding, fault, ok } from "./finding.ts";

/**
 * Checks that a Unix socket is free, by binding it for a moment. A file that a process left behind is removed, as a start would do.
 * @param isRunning Fairlead runs: a socket on which a process answers is its own
 */
export async function checkUnixSocket(
  { host: path, what }: PlannedSocket,
  isRunning: boolean,
): Promise<Finding[]> {
  const subject = `unix ${path} (${what})`;
  try {
    await using _ = await listenUnix({
      path,
      maxConnections: 1,
      maxConnectionsPerAddress: 1,
      onConnection: async () => {},
    });
    return [ok(subject, "free")];
  } catch (error) {
    if (errorCode(error) !== "ADDRESS_IN_USE") return [fault(subject, ...whyNot(error))];
    if (!isSocket(path)) {
      const advice = "move it away, or choose another path";
      return [fault(subject, "a file that is not a socket is there", advice)];
    }
    if (isRunning) return [ok(subject, "in use by the running Fairlead")];
    return [fault(subject, "in use by another process", "stop it, or choose another path")];
  }
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

/** @returns words and advice */
function whyNot(error: unknown): [words: string, advice: string] {
  const { message } = toError(error);
  switch (errorCode(error)) {
    case "ADDRESS_UNAVAILABLE":
      return [message, "make the directory, or choose another path"];
    case "PERMISSION_DENIED":
      return ["this user may not make a file there", "choose a directory of this user"];
    default:
      return [message, "choose another path"];
  }
}
