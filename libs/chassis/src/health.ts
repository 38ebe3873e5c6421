/** "degraded": the part works, but an operator should look. Only "failed" makes a process unready. */
export type HealthStatus = "ok" | "degraded" | "failed";

export interface HealthResult {
  readonly status: HealthStatus;
  /** Sentences for an operator; empty when all is well. */
  readonly problems: readonly string[];
}

/** One part that `/readyz` asks. A check answers from what is known already, and neither dials nor waits. */
export interface HealthCheck {
  /** "tcp-gateway", "bus": shown by `/readyz?verbose`. */
  readonly name: string;
  check(): Promise<HealthResult>;
}

/** The worst of several; "ok" of none. */
export function worstOf(statuses: readonly HealthStatus[]): HealthStatus {
  if (statuses.includes("failed")) return "failed";
  return statuses.includes("degraded") ? "degraded" : "ok";
}
