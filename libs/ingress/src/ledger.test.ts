import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Ledger, type LedgerSnapshot } from "./ledger.ts";

function assertClosed({ received, published, pending, rejected }: LedgerSnapshot): void {
  for (const unit of ["records", "bytes"] as const) {
    const refused = Object.values(rejected).reduce((sum, tally) => sum + tally[unit], 0);
    assert.equal(received[unit], published[unit] + pending[unit] + refused, unit);
  }
}

test("snapshot() closes at every moment, whatever becomes of the records", () => {
  const step = fc.record({
    what: fc.constantFrom("take", "confirm", "fail", "refuse"),
    records: fc.nat(1_000),
    bytes: fc.nat(100_000),
    reason: fc.constantFrom("log_full", "dropped"),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const ledger = new Ledger();
      const taken: { records: number; bytes: number }[] = [];
      for (const { what, records, bytes, reason } of steps) {
        const oldest = what === "confirm" || what === "fail" ? taken.shift() : undefined;
        if (what === "take") {
          ledger.take(records, bytes);
          taken.push({ records, bytes });
        } else if (what === "refuse") ledger.refuse(records, bytes, reason);
        else if (oldest && what === "confirm") ledger.confirm(oldest.records, oldest.bytes);
        else if (oldest) ledger.fail(oldest.records, oldest.bytes, reason);
        assertClosed(ledger.snapshot());
      }
    }),
  );
});

test("snapshot() does not change afterwards", () => {
  const ledger = new Ledger();
  ledger.refuse(1, 1, "dropped");
  const before = ledger.snapshot();
  ledger.refuse(1, 1, "dropped");
  ledger.take(5, 5);
  assert.deepEqual(before.rejected, { dropped: { records: 1, bytes: 1 } });
  assert.deepEqual(before.received, { records: 1, bytes: 1 });
});
