import { describe } from "node:test";
import { idempotencyContract } from "./contract/idempotency.ts";
import { leasesContract } from "./contract/leases.ts";
import { presenceContract } from "./contract/presence.ts";
import { rateLimitsContract } from "./contract/rate-limits.ts";
import type { OpenSubject } from "./contract/subject.ts";
import { valuesContract } from "./contract/values.ts";

/** The suite that every driver runs. No caller may rely on a behaviour that the suite does not test. */
export function stateContract(name: string, open: OpenSubject, skip: string | false = false): void {
  describe(`${name}: the state contract`, { skip }, () => {
    describe("Leases", () => leasesContract(open));
    describe("Idempotency", () => idempotencyContract(open));
    describe("RateLimits", () => rateLimitsContract(open));
    describe("Presence", () => presenceContract(open));
    describe("Values", () => valuesContract(open));
  });
}
