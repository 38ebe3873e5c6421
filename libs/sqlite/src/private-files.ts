import { chmodSync, lstatSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorCode } from "@fairlead/core";

/** The bits of a mode that let somebody else read, write or enter. */
const others = 0o077;

/**
 * Takes the file, and the files beside it that begin with its name, from everybody but this user: what an older version or a wide
 * umask has left open is closed. Returns in words what could not be changed.
 */
export function keepPrivate(path: string): string[] {
  const folder = dirname(path);
  const names = readdirSync(folder).filter((name) => name.startsWith(basename(path)));
  return names.flatMap((name) => restrict(join(folder, name), 0o600) ?? []);
}

/**
 * Sets the mode of a file or directory where others may use it. A link, and what is gone meanwhile, is left alone. Returns in words
 * why others still may.
 */
export function restrict(path: string, mode: 0o600 | 0o700): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSymbolicLink() || (found.mode & others) === 0) return undefined;
  const open = `others may use ${path} (mode ${(found.mode & 0o777).toString(8)})`;
  try {
    chmodSync(path, mode);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return undefined;
    return code === "EPERM"
      ? `${open}: it belongs to user ${found.uid}, who alone can change that`
      : `${open}: ${code}`;
  }
  const now = lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  return (now & others) === 0 ? undefined : `${open}: the file system keeps no permissions`;
}
