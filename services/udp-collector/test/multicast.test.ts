import { join } from "node:path";
import { test } from "node:test";
import { networkNamespaceMissing, runInNetworkNamespace, skipOrFail } from "@fairlead/harness";

test("udpCollector hears multicast groups (test/multicast.ts in a network namespace)", {
  skip: skipOrFail(networkNamespaceMissing()),
}, async () => {
  await runInNetworkNamespace(join(import.meta.dirname, "multicast.ts"));
});
