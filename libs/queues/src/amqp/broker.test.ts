/** What an operator, the broker itself or a foreign client may do to the queues, one at a time. */
import { after, describe } from "node:test";
import { rabbitMissing, skipOrFail } from "@fairlead/harness";
import { declaringCases } from "../../test/faults/declaring.ts";
import { foreignCases } from "../../test/faults/foreign.ts";
import { linkCases } from "../../test/faults/link.ts";
import { startBroker } from "../../test/faults/support.ts";
import { topologyCases } from "../../test/faults/topology.ts";

describe("work queues and their broker", { skip: skipOrFail(rabbitMissing()) }, async () => {
  const under = await startBroker();
  after(() => under[Symbol.asyncDispose]());
  declaringCases(under);
  topologyCases(under);
  linkCases(under);
  foreignCases(under);
});
