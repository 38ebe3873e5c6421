import assert from "node:assert/strict";
import { test } from "node:test";
import { createMeter } from "@fairlead/chassis";
import { silentLogger } from "@fairlead/core";
import { Ledger } from "./ledger.ts";
import { type LedgerMetricsOptions, showLedger } from "./ledger-metrics.ts";

const ofRecords: LedgerMetricsOptions = {
  service: "tcp-gateway",
  listener: "lines",
  unit: "records",
  reasons: ["log-full"],
  hasBytes: true,
};

const newMeter = () => createMeter({ logger: silentLogger, processMetrics: false });

test("showLedger() has every metric at 0 before the first scrape, with the reasons that are known", async () => {
  const meter = newMeter();
  using _ = showLedger(new Ledger(), meter, ofRecords);
  const { text } = await meter.render();
  const expected = [
    'received_records_total{listener="lines"} 0',
    'received_bytes_total{listener="lines"} 0',
    'published_records_total{listener="lines"} 0',
    'published_bytes_total{listener="lines"} 0',
    'rejected_records_total{listener="lines",reason="log-full"} 0',
    'rejected_bytes_total{listener="lines",reason="log-full"} 0',
    'pending_records{listener="lines"} 0',
    'pending_bytes{listener="lines"} 0',
  ];
  const lines = text.split("\n").filter((line) => line.startsWith("fairlead_"));
  assert.deepEqual(lines.sort(), expected.map((line) => `fairlead_tcp_gateway_${line}`).sort());
});

test("showLedger() brings the metrics to the ledger at each scrape, and counts nothing twice", async () => {
  const meter = newMeter();
  const ledger = new Ledger();
  using _ = showLedger(ledger, meter, {
    ...ofRecords,
    service: "udp-collector",
    unit: "datagrams",
    hasBytes: false,
  });
  ledger.receive(10, 100);
  ledger.publish(4);
  ledger.reject(1, 0, "denied");
  await meter.render();
  const { text } = await meter.render();
  const value = (name: string) => text.split(`fairlead_udp_collector_${name} `)[1]?.split("\n")[0];
  assert.equal(value('received_datagrams_total{listener="lines"}'), "10");
  assert.equal(value('received_bytes_total{listener="lines"}'), "100");
  assert.equal(value('published_datagrams_total{listener="lines"}'), "4");
  assert.equal(value('rejected_datagrams_total{listener="lines",reason="denied"}'), "1");
  assert.equal(value('rejected_datagrams_total{listener="lines",reason="log-full"}'), "0");
  assert.equal(value('pending_datagrams{listener="lines"}'), "5");
  assert.ok(!text.includes("published_bytes"));
});
