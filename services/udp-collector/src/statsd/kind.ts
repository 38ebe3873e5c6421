import { badLineReasons, eventTypes } from "@fairlead/contracts";
import { listenerKind } from "../kind.ts";
import { configSchema } from "./config.ts";
import { StatsdSession } from "./session.ts";

/** Metrics, aggregated over an interval. */
export const statsd = listenerKind({
  name: "statsd",
  description: "statsd and DogStatsD",
  configSchema,
  eventType: eventTypes.udpStatsd,
  defaultListener: { name: "statsd", port: 8125 },
  tryWith: "echo 'jobs:1|c' | nc -u -w1 {host} {port}",
  counters: {
    lines: { name: "statsd_lines", help: "Lines of statsd that were received" },
    badLines: {
      name: "statsd_bad_lines",
      help: "Lines of statsd that were not taken",
      reasons: badLineReasons,
    },
  },
  createSession: (config, parts) => new StatsdSession(config, parts),
});
