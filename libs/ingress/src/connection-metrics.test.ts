import assert from "node:assert/strict";
import { test } from "node:test";
import { createMeter } from "@fairlead/chassis";
import { MemoryMeter, silentLogger } from "@fairlead/core";
import { Counters } from "./counters.ts";
import { GatewayMetrics } from "./metrics.ts";

test("show() adds up processes, and keeps the counts of one that is gone", () => {
  const meter = new MemoryMeter();
  const metrics = new GatewayMetrics(meter, ["lines"]);
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
  assert.equal(value("received_records_total"), 13);
  assert.equal(value("rejected_records_total", { reason: "dropped" }), 3);
  assert.equal(value("pending_records"), 6);
  assert.equal(value("connections"), 7);
  second.ledger.take(1, 1);
  metrics.show([["run-2", second.snapshot("lines", 1)]]);
  metrics.show([["run-2", second.snapshot("lines", 1)]]);
  assert.equal(value("received_records_total"), 14, "counted once, however often it is shown");
  assert.equal(value("connections"), 1);
});

test("GatewayMetrics has every counter of a listener with its known reasons at 0 before anything has happened", async () => {
  const meter = createMeter({ logger: silentLogger, processMetrics: false });
  new GatewayMetrics(meter, ["lines"]);
  const { text } = await meter.render();
  for (const line of [
    'rejected_records_total{listener="lines",reason="log_full"} 0',
    'rejected_bytes_total{listener="lines",reason="frame_too_large"} 0',
    'closed_connections_total{listener="lines",reason="idle-timeout"} 0',
    'refused_connections_total{listener="lines",reason="denied"} 0',
    'received_records_total{listener="lines"} 0',
    'pending_records{listener="lines"} 0',
  ])
    assert.ok(text.includes(`fairlead_tcp_gateway_${line}\n`), line);
});
