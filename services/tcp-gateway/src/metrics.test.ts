import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryMeter } from "@fairlead/core";
import { Counters } from "./counters.ts";
import { GatewayMetrics } from "./metrics.ts";

test("show() adds up processes, and keeps the counts of one that is gone", () => {
  const meter = new MemoryMeter();
  const metrics = new GatewayMetrics(meter);
  const [first, second] = [new Counters(), new Counters()];
  const value = (name: string, labels = {}) =>
    meter.value(`fairlead_tcp_gateway_${name}`, { listener: "lines", ...labels });
  first.ledger.take(10, 100);
  first.ledger.confirm(4, 40);
  second.ledger.refuse(3, 0, "dropped");
  metrics.show([
    ["run-1", first.snapshot("lines", 2)],
    ["run-2", second.snapshot("lines", 5)],
  ]);
  assert.equal(value("records_received_total"), 13);
  assert.equal(value("records_rejected_total", { reason: "dropped" }), 3);
  assert.equal(value("records_pending"), 6);
  assert.equal(value("connections"), 7);
  second.ledger.take(1, 1);
  metrics.show([["run-2", second.snapshot("lines", 1)]]);
  metrics.show([["run-2", second.snapshot("lines", 1)]]);
  assert.equal(value("records_received_total"), 14, "counted once, however often it is shown");
  assert.equal(value("connections"), 1);
});
