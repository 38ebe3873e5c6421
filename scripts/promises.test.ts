import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "@fairlead/harness";
import { floatingPromises } from "./promises.ts";

/** Statements after the declarations, and whether a promise floats there. */
const cases: [string, boolean][] = [
  ["work();", true],
  ["holder.work();", true],
  ["maybe?.work();", true],
  ["isReady && work();", true],
  ["isReady ? nothing() : work();", true],
  ["work().then(() => {});", true],
  ["work().finally(() => {});", true],
  ["new Promise(() => {});", true],
  ["[work()].map((one) => { one.finally(nothing); });", true],
  ["await work();", false],
  ["void work();", false],
  ["work().catch(() => {});", false],
  ["work().then(nothing, nothing);", false],
  ["isReady && work().catch(() => {});", false],
  ["kept = work();", false],
  ["nothing();", false],
  ['test("of the runner", work);', false],
  ['test("of the runner", (t) => { t.test("inside", work); });', true],
];

const head = `import { test } from "node:test";
declare function work(): Promise<number>;
declare function nothing(): void;
declare const holder: { work(): Promise<void> };
declare const maybe: typeof holder | undefined;
declare const isReady: boolean;
let kept: Promise<number>;
`;

test("floatingPromises() finds what nobody waits for", async () => {
  await using directory = await temporaryDirectory();
  const lines = head.split("\n").length;
  await writeFile(join(directory.path, "a.ts"), head + cases.map(([statement]) => statement).join("\n"));
  const compilerOptions = {
    module: "nodenext",
    target: "es2024",
    noEmit: true,
    types: ["node"],
    typeRoots: [join(import.meta.dirname, "../node_modules/@types")],
  };
  await writeFile(join(directory.path, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  await writeFile(join(directory.path, "package.json"), '{"type":"module"}');
  const expected = cases.flatMap(([, floats], index) => (floats ? [`a.ts:${lines + index}`] : []));
  const found = floatingPromises(directory.path).map((fault) => fault.split(": ")[0]);
  assert.deepEqual(found, expected);
});
