import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryDirectory } from "@fairlead/harness";
import { killRounds } from "../../test/kill-rounds.ts";
import { openSqliteQueues } from "./sqlite-queues.ts";

test("a process killed -9 with deliveries out loses nothing that was durable, and no ack", async (t) => {
  await using directory = await temporaryDirectory();
  const path = directory.file("queues.db");
  const { ackedTwice, summary } = await killRounds(path, "kill", 6, () => openSqliteQueues({ path }));
  t.diagnostic(summary);
  assert.equal(ackedTwice, 0);
});
