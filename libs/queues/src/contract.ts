/**
 * What every driver of the work queues must do, as node:test cases: `queuesContract("sqlite", openOne)`.
 *
 * @module
 */
import { describe } from "node:test";
import { consumeCases } from "./contract/consume.ts";
import { deadCases } from "./contract/dead.ts";
import { enqueueCases } from "./contract/enqueue.ts";
import { settleCases } from "./contract/settle.ts";
import type { OpenQueuesUnderTest } from "./contract/support.ts";

export type { OpenQueuesUnderTest, QueuesUnderTest } from "./contract/support.ts";
export { contractLimits } from "./contract/support.ts";

/** @param open work queues with the limits of `contractLimits`; what earlier cases have left in other kinds does not disturb */
export function queuesContract(name: string, open: OpenQueuesUnderTest): void {
  describe(`the contract of WorkQueues: ${name}`, () => {
    enqueueCases(open);
    consumeCases(open);
    settleCases(open);
    deadCases(open);
  });
}
