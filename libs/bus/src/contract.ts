/**
 * What every driver of the bus must do, as node:test cases: `busContract("sqlite", openOne)`.
 *
 * @module
 */
import { describe } from "node:test";
import { publishCases } from "./contract/publish.ts";
import type { OpenBusUnderTest } from "./contract/support.ts";
import { tailCases } from "./contract/tail.ts";

export type { BusUnderTest, OpenBusUnderTest } from "./contract/support.ts";
export { contractLimits } from "./contract/support.ts";

/** @param open a fresh, empty bus with the limits of `contractLimits`; each case opens its own */
export function busContract(name: string, open: OpenBusUnderTest): void {
  describe(`the contract of Bus: ${name}`, () => {
    publishCases(open);
    tailCases(open);
  });
}
