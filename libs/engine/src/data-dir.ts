import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, FairleadError, toError } from "@fairlead/core";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "it is a file",
};

/**
 * Makes the data directory, for this user only, and finds out whether it can be written. A full disk is no reason not to
 * start: readers are served, and producers are refused honestly until there is room.
 *
 * @throws {FairleadError} DATA_DIR_UNUSABLE
 */
export async function prepareDataDir(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const probe = join(path, `.write-check-${process.pid}`);
    await writeFile(probe, "");
    await rm(probe, { force: true });
  } catch (error) {
    const code = errorCode(error) ?? "";
    if (code === "ENOSPC" || code === "EDQUOT") return;
    throw new FairleadError(
      "DATA_DIR_UNUSABLE",
      `Cannot use the data directory ${path}: ${reasons[code] ?? toError(error).message}; set FAIRLEAD_DATA_DIR (dataDir)`,
      { data: { path }, cause: error },
    );
  }
}
