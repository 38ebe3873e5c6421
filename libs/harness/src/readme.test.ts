import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { temporaryDirectory } from "./directory.ts";
import { runReadmeExample } from "./readme.ts";
import { redisMissing } from "./redis.ts";
import { skipOrFail } from "./skip.ts";

test("runReadmeExample() runs our own example", { skip: skipOrFail(redisMissing()) }, async () => {
  const [line] = await runReadmeExample(new URL("../README.md", import.meta.url));
  assert.match(line ?? "", /^redis:\/\/127\.0\.0\.1:\d+ loses one reply in twenty$/);
});

test("runReadmeExample() fails for a README without an example, and for an example that fails", async () => {
  await using directory = await temporaryDirectory();
  const readme = pathToFileURL(directory.file("README.md"));
  await writeFile(readme, "# nothing\n");
  await assert.rejects(runReadmeExample(readme), /it has none/);
  await writeFile(readme, '```ts\nconst x: string = "typed"; throw new Error(x);\n```\n');
  await assert.rejects(runReadmeExample(readme), /typed/);
});
