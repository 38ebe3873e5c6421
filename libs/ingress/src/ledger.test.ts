import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Ledger, type LedgerSnapshot } from "./ledger.ts";

function assertClosed({ received, published, pending, rejected }: LedgerSnapshot): void {
  for (const unit of ["count", "bytes"] as const) {
    const refused = Object.values(rejected).reduce((sum, tally) => sum + tally[unit], 0);
    assert.equal(received[unit], published[unit] + pending[unit] + refused, unit);
  }
}

test("snapshot() closes at every moment, whatever becomes of the records", () => {
  const step = fc.record({
    what: fc.constantFrom("receive", "publish", "reject", "elsewhere"),
    count: fc.nat(1_000),
    bytes: fc.nat(100_000),
    reason: fc.constantFrom("log-full", "overflow"),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const elsewhere = { received: { count: 0, bytes: 0 }, rejected: { overflow: { count: 0, bytes: 0 } } };
      const ledger = new Ledger(() => elsewhere);
      const pending: { count: number; bytes: number }[] = [];
      for (const { what, count, bytes, reason } of steps) {
        const oldest = what === "publish" || what === "reject" ? pending.shift() : undefined;
        if (what === "receive") {
          ledger.receive(count, bytes);
          pending.push({ count, bytes });
        } else if (what === "elsewhere") {
          elsewhere.received.count += count;
          elsewhere.rejected.overflow.count += count;
        } else if (oldest && what === "publish") ledger.publish(oldest.count, oldest.bytes);
        else if (oldest) ledger.reject(oldest.count, oldest.bytes, reason);
        const snapshot = ledger.snapshot();
        assertClosed(snapshot);
        assert.equal(
          snapshot.pending.count,
          pending.reduce((sum, one) => sum + one.count, 0),
        );
      }
    }),
  );
});

test("snapshot() does not change afterwards", () => {
  const ledger = new Ledger();
  ledger.receive(1, 1);
  ledger.reject(1, 1, "dropped");
  const before = ledger.snapshot();
  ledger.receive(5, 5);
  ledger.reject(1, 1, "dropped");
  assert.deepEqual(before.rejected, { dropped: { count: 1, bytes: 1 } });
  assert.deepEqual(before.received, { count: 1, bytes: 1 });
});
