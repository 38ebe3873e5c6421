import { lstatSync } from "node:fs";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ServiceName, serviceNames } from "@fairlead/contracts";
import { errorCode, FairleadError, toError } from "@fairlead/core";
import { restrict } from "@fairlead/sqlite";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "the file system is read-only",
  ENOENT: "the file system takes nothing there",
};

/**
 * Makes the data directory, for this user only, and finds out whether it can be written. A directory that is there already is
 * closed to others where nothing else is kept in it. A full disk is no reason not to start: readers are served, and producers are
 * refused honestly until there is room.
 *
 * @returns why others may use the directory, where they still may
 * @throws {FairleadError} DATA_DIR_UNUSABLE
 */
export async function prepareDataDir(path: string): Promise<string | undefined> {
  let problem: string | undefined;
  try {
    await makeDirectory(path);
    problem = await closeToOthers(path);
    const probe = join(path, `.write-check-${process.pid}`);
    await writeFile(probe, "");
    await rm(probe, { force: true });
  } catch (error) {
    const code = errorCode(error) ?? "";
    if (code === "ENOSPC" || code === "EDQUOT") return problem;
    const why = reasons[code] ?? toError(error).message;
    throw new FairleadError(
      "DATA_DIR_UNUSABLE",
      `Cannot use the data directory ${path}: ${why}; set FAIRLEAD_DATA_DIR (dataDir)`,
      { data: { path }, cause: error },
    );
  }
  return problem;
}

/** The directory may be one that others need, such as /tmp. What we keep in a directory has names that are known. */
async function closeToOthers(path: string): Promise<string | undefined> {
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return undefined;
  const foreign = (await readdir(path)).find((name) => !isOurs(name));
  if (foreign === undefined) return restrict(path, 0o700);
  const shown = (mode & 0o7777).toString(8);
  return `others may use ${path} (mode ${shown}): it is left so, because ${foreign} is in it; chmod 700 it, or give Fairlead a directory of its own`;
}

function isOurs(name: string): boolean {
  if (serviceNames.some((service) => service === name)) return true;
  return /^(events|queues|spool|state)\.db|^\.(write-check|fairlead-doctor)-|^lost\+found$/.test(name);
}

/** A service's own folder in the data directory. @throws {FairleadError} DATA_DIR_UNUSABLE */
export async function prepareServiceDir(dataDir: string, service: ServiceName): Promise<string> {
  const path = join(dataDir, service);
  await prepareDataDir(path);
  return path;
}

/**
 * Makes the directory and the missing ones above it, one by one. Node's own `recursive` never ends where the file system
 * answers ENOENT to a directory whose parent is there, as /proc does.
 */
async function makeDirectory(path: string): Promise<void> {
  const existing = nearestExisting(path);
  const missing: string[] = [];
  for (let folder = path; folder !== existing; folder = dirname(folder)) missing.unshift(folder);
  const why = await whyNoDirectory(existing);
  if (why !== undefined) throw new Error(missing.length === 0 ? `it ${why}` : `${existing} ${why}`);
  for (const folder of missing) {
    await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      // Another process was faster.
      if (errorCode(error) !== "EEXIST") throw error;
    });
  }
}

/**
 * The nearest directory that exists, from the path upwards, as far as this user may look. A link that leads nowhere counts as
 * existing: nothing can be made in its place.
 */
export function nearestExisting(path: string): string {
  let folder = path;
  while (!isThere(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

async function whyNoDirectory(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isDirectory() ? undefined : "is a file";
  } catch (error) {
    if (errorCode(error) === "ENOENT") return "is a link that leads nowhere";
    throw error;
  }
}
