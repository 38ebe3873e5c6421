import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { temporaryDirectory } from "./directory.ts";
import { namespaceInterface, networkNamespaceMissing, runInNetworkNamespace } from "./network-namespace.ts";
import { skipOrFail } from "./skip.ts";

const skip = skipOrFail(networkNamespaceMissing());

test("runInNetworkNamespace() gives a script lo and one interface, and nothing of this machine", {
  skip,
}, async () => {
  await using directory = await temporaryDirectory();
  const script = directory.file("script.mjs");
  const { name, ipv4, ipv6 } = namespaceInterface;
  writeFileSync(
    script,
    `import assert from "node:assert/strict";
    import { networkInterfaces } from "node:os";
    const found = Object.entries(networkInterfaces()).flatMap(([name, all]) => all.map(({ address }) => name + " " + address));
    assert.deepEqual(found.sort(), ["lo 127.0.0.1", "lo ::1", "${name} ${ipv4}", "${name} ${ipv6}"].sort());`,
  );
  await runInNetworkNamespace(script);
});

test("runInNetworkNamespace() rejects with what a failing test wrote", { skip }, async () => {
  await using directory = await temporaryDirectory();
  const script = directory.file("script.mjs");
  writeFileSync(
    script,
    'import { test } from "node:test"; test("x", () => { throw new Error("so it is"); });',
  );
  await assert.rejects(runInNetworkNamespace(script), /it ended with 1.*so it is/s);
});
