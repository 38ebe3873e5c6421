import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atProcessEnd } from "./cleanup.ts";

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  /** The path of a file or folder in it. */
  file(name: string): string;
}

/** An empty directory that is removed with all that is in it when it is disposed or when the process ends. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), "fairlead-"));
  const ending = atProcessEnd(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    file: (name) => join(path, name),
    async [Symbol.asyncDispose]() {
      ending[Symbol.dispose]();
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
