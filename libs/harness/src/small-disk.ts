import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { atProcessEnd } from "./cleanup.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./directory.ts";

const run = promisify(execFile);

interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  file(name: string): string;
  /** Changes the size of the mounted disk, for "space returns". */
  resize(bytes: number): Promise<void>;
}

/** Either the disk, or why there is none (for `skipOrFail`). */
type SmallDiskResult =
  | { readonly disk: SmallDisk; readonly reason: undefined }
  | { readonly disk: undefined; readonly reason: string };

async function unmount(directory: TemporaryDirectory): Promise<void> {
  // Lazily: a file that a failed test left open must not keep the mount.
  await run("umount", ["-l", directory.path]);
  await directory[Symbol.asyncDispose]();
}

/** A file system of its own with room for `bytes` (whole pages): a tmpfs, which only root may mount, on Linux. */
export async function smallDisk(bytes: number): Promise<SmallDiskResult> {
  const directory = await temporaryDirectory();
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "fairlead-test", directory.path]);
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    const said = error instanceof Error ? error.message.trim().split("\n").at(-1) : String(error);
    return { disk: undefined, reason: `no permission to mount a small disk (${said})` };
  }
  const ending = atProcessEnd(() => execFileSync("umount", ["-l", directory.path]));
  return {
    reason: undefined,
    disk: {
      path: directory.path,
      file: directory.file,
      async resize(newBytes) {
        await run("mount", ["-o", `remount,size=${newBytes}`, directory.path]);
      },
      async [Symbol.asyncDispose]() {
        ending[Symbol.dispose]();
        await unmount(directory);
      },
    },
  };
}
