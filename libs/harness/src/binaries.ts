import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where Debian, Alpine, Homebrew and the generic archives put servers that are not on a user's path. */
const furtherFolders = [
  "/usr/lib/rabbitmq/bin",
  "/usr/local/sbin",
  "/usr/sbin",
  "/sbin",
  "/opt/homebrew/sbin",
];

/** The path of an executable, or undefined. `first` are folders to look into before the others. */
export function findBinary(name: string, first: readonly string[] = []): string | undefined {
  const folders = [...first, ...(process.env["PATH"] ?? "").split(delimiter), ...furtherFolders];
  for (const folder of folders) {
    if (folder === "") continue;
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * The command line that the kernel kills when this process dies in any way, SIGKILL included (prctl(2),
 * PR_SET_PDEATHSIG). Where setpriv(1) is missing, as on macOS: unchanged.
 */
export function commandThatDiesWithUs(command: string, args: readonly string[]): [string, string[]] {
  const setpriv = findBinary("setpriv");
  return setpriv ? [setpriv, ["--pdeathsig", "KILL", command, ...args]] : [command, [...args]];
}
