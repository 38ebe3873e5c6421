import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { startProcess } from "./process.ts";

/**
 * Runs the first TypeScript example of a README as a program of its own, so that no example is wrong. Packages are found
 * as from the README's folder.
 * @param readme `new URL("../README.md", import.meta.url)`
 * @returns the lines that it wrote to its standard output
 * @throws {Error} when there is no example, or it ends with an error
 */
export async function runReadmeExample(
  readme: URL,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const example = /^```ts\n(.*?)^```$/ms.exec(await readFile(readme, "utf8"))?.[1];
  if (example === undefined) throw new Error(`Cannot run the example of ${readme.pathname}: it has none`);
  await using child = await startProcess("--input-type=module-typescript", {
    args: ["--eval", example],
    cwd: dirname(fileURLToPath(readme)),
    env,
  });
  const { code } = await child.exited;
  if (code !== 0) {
    throw new Error(`Cannot run the example of ${readme.pathname}: code ${code}\n${child.stderr.join("\n")}`);
  }
  return child.stdout;
}
