import type { Bus } from "@fairlead/bus";
import type { HealthCheck } from "@fairlead/chassis";
import type { WorkQueues } from "@fairlead/queues";
import type { State } from "@fairlead/state";

export type Phase = "starting" | "ready" | "draining";

/** The process is not ready before everything has started, nor once the drain has begun. */
export const phaseCheck = (phase: () => Phase): HealthCheck => ({
  name: "process",
  check: async () =>
    phase() === "ready" ? { status: "ok", problems: [] } : { status: "failed", problems: [phase()] },
});

/** Ready means that the process can accept durably. A bus that can accept and has problems is degraded. */
export const busCheck = (bus: Bus): HealthCheck => ({
  name: "bus",
  async check() {
    const { canAccept, isDegraded, problems } = bus.health();
    return { status: canAccept ? (isDegraded ? "degraded" : "ok") : "failed", problems };
  },
});

/** No accepted record rests on shared state, so a process without its state is degraded, not unready. */
export const stateCheck = (state: State): HealthCheck => ({
  name: "state",
  async check() {
    const { isAvailable, problems } = state.health();
    return { status: isAvailable && problems.length === 0 ? "ok" : "degraded", problems };
  },
});

/** `enqueue` waits for a broker that is away, so the process is degraded then, not unready. */
export const queuesCheck = (queues: WorkQueues): HealthCheck => ({
  name: "queues",
  async check() {
    const { canAccept, isDegraded, problems } = queues.health();
    return { status: canAccept && !isDegraded ? "ok" : "degraded", problems };
  },
});
