import { type Meter, reasonOf } from "@fairlead/core";
import type { Bus } from "./bus.ts";
import { BusError, type BusErrorCode } from "./errors.ts";

/** What publish refuses with; counted from 0, so that the first refusal is seen as one. */
const refusals: readonly BusErrorCode[] = [
  "LOG_FULL",
  "EVENT_TOO_LARGE",
  "BUS_OVERLOADED",
  "BUS_CLOSED",
  "BUS_FAILED",
];

/** The same bus, with its metrics: what was published and refused, what waits, how full and how damaged the log is. */
export function observeBus(bus: Bus, meter: Meter): Bus {
  const published = meter.counter({
    name: "fairlead_bus_published_events_total",
    help: "Events that became durable",
  });
  const refused = meter.counter({
    name: "fairlead_bus_refused_events_total",
    help: "Events that publish refused, by the reason",
    labels: ["reason"],
  });
  for (const code of refusals) refused.increment(0, { reason: reasonOf(code) });
  const gauge = (name: string, help: string) => meter.gauge({ name: `fairlead_bus_${name}`, help });
  const pendingEvents = gauge("pending_events", "Events accepted by publish and not yet durable");
  const pendingBytes = gauge("pending_bytes", "Bytes accepted by publish and not yet durable");
  const lastOffset = gauge("last_offset", "Offset of the newest durable event; embedded engine only");
  const storedBytes = gauge("stored_bytes", "Bytes that the log takes on disk");
  const maxStoredBytes = gauge("max_stored_bytes", "Bytes that the log may take on disk");
  const spooledEvents = gauge("spooled_events", "Events in the spool that wait for the broker");
  const direct = gauge(
    "direct",
    "1 while events go straight to the broker, 0 while they go through the spool",
  );
  const damagedEvents = gauge("damaged_events", "Events that were found damaged and set aside");
  const commits = meter.counter({
    name: "fairlead_bus_commits_total",
    help: "Group commits; embedded engine only",
  });
  let shownCommits = 0;
  const canAccept = gauge("can_accept", "1 when publish is expected to succeed, 0 when it is refused");
  const scrape = meter.onScrape(() => {
    const health = bus.health();
    pendingEvents.set(health.pendingEvents);
    pendingBytes.set(health.pendingBytes);
    if (health.lastOffset !== undefined) lastOffset.set(health.lastOffset);
    storedBytes.set(health.storedBytes ?? 0);
    maxStoredBytes.set(health.maxStoredBytes ?? 0);
    spooledEvents.set(health.spooledEvents ?? 0);
    if (health.isDirect !== undefined) direct.set(health.isDirect ? 1 : 0);
    damagedEvents.set(health.damagedEvents ?? 0);
    const made = health.commits ?? 0;
    commits.increment(Math.max(0, made - shownCommits));
    shownCommits = made;
    canAccept.set(health.canAccept ? 1 : 0);
  });
  return {
    async publish(event) {
      try {
        await bus.publish(event);
        published.increment();
      } catch (error) {
        refused.increment(1, { reason: error instanceof BusError ? reasonOf(error.code) : "internal" });
        throw error;
      }
    },
    tail: (options) => bus.tail(options),
    health: () => bus.health(),
    async [Symbol.asyncDispose]() {
      scrape[Symbol.dispose]();
      await bus[Symbol.asyncDispose]();
    },
  };
}
