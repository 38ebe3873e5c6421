import { join } from "node:path";
import { test } from "node:test";
import { networkNamespaceMissing, runInNetworkNamespace, skipOrFail } from "@fairlead/harness";

test("multicast works on IPv4 and IPv6 (test/multicast.ts in a network namespace)", {
  skip: skipOrFail(networkNamespaceMissing()),
}, async () => {
  await runInNetworkNamespace(join(import.meta.dirname, "../test/multicast.ts"));
});
