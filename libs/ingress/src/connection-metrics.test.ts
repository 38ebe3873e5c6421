import assert from "node:assert/strict";
import { test } from "node:test";
import { createMeter } from "@fairlead/chassis";
import { silentLogger } from "@fairlead/core";
import { ConnectionCounts, showConnections } from "./connection-metrics.ts";

test("showConnections() shows every known reason at 0 from the start, then the counts of each scrape", async () => {
  const meter = createMeter({ logger: silentLogger, processMetrics: false });
  const counts = new ConnectionCounts();
  let open = 0;
  using _ = showConnections(counts, () => open, meter, {
    service: "tcp-gateway",
    listener: "lines",
    closeReasons: ["publish-failed"],
  });
  const shows = async (...lines: readonly string[]) => {
    const { text } = await meter.render();
    for (const line of lines) assert.ok(text.includes(`fairlead_tcp_gateway_${line}\n`), line);
  };
  await shows(
    'connections{listener="lines"} 0',
    'opened_connections_total{listener="lines"} 0',
    'closed_connections_total{listener="lines",reason="idle-timeout"} 0',
    'closed_connections_total{listener="lines",reason="publish-failed"} 0',
    'refused_connections_total{listener="lines",reason="denied"} 0',
    'discarded_bytes_total{listener="lines"} 0',
    'lost_connection_events_total{listener="lines"} 0',
  );
  open = 1;
  counts.opened = 2;
  ConnectionCounts.up(counts.closed, "drain");
  ConnectionCounts.up(counts.refused, "denied");
  ConnectionCounts.up(counts.refused, "denied");
  await meter.render();
  await shows(
    'connections{listener="lines"} 1',
    'opened_connections_total{listener="lines"} 2',
    'closed_connections_total{listener="lines",reason="drain"} 1',
    'refused_connections_total{listener="lines",reason="denied"} 2',
  );
});
