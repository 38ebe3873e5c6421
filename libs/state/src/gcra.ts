import type { RateLimitDecision } from "./state.ts";

/** How long a permit's callId is remembered: longer than a caller goes on repeating a call. */
export const callMemoryMs = 30_000;

export const microsPerMs = 1_000;

/**
 * What rounding may cost, in permits: the last permit of a burst is not refused for a difference that only floating
 * point sees.
 */
export const permitEpsilon = 1e-9;

/**
 * The state of one limit: `used` permits were out at `baseUs`, and `rate` of them come back each second since. Kept as
 * a count over a fixed base, not as a running arrival time, so that rounding does not add up over calls.
 */
export interface Usage {
  readonly baseUs: number;
  readonly used: number;
  readonly rate: number;
}

/**
 * The generic cell rate algorithm (ITU-T I.371, its continuous-state leaky bucket form): a permit is given while at most
 * `burst` - 1 are out. The Lua of the Redis driver is this, line by line.
 *
 * @returns the decision, the state after it when allowed, and after how many milliseconds that state is nothing
 */
export function decide(
  before: Usage | undefined,
  nowUs: number,
  ratePerSecond: number,
  burst: number,
): { decision: RateLimitDecision; after: Usage; idleInMs: number } {
  let { baseUs, used } = before ?? { baseUs: nowUs, used: 0 };
  let out = used - (Math.max(0, nowUs - baseUs) * (before?.rate ?? ratePerSecond)) / 1e6;
  if (out <= 0 || before?.rate !== ratePerSecond) {
    out = Math.max(0, out);
    used = out;
    baseUs = nowUs;
  }
  const isAllowed = out <= burst - 1 + permitEpsilon;
  const waitMs = ((out - (burst - 1)) / ratePerSecond) * 1_000;
  const taken = isAllowed ? 1 : 0;
  return {
    decision: {
      isAllowed,
      retryAfterMs: isAllowed ? 0 : Math.max(1, Math.ceil(waitMs - permitEpsilon)),
      remaining: Math.max(0, Math.floor(burst - out - taken + permitEpsilon)),
    },
    after: { baseUs, used: used + taken, rate: ratePerSecond },
    idleInMs: Math.max(1, Math.ceil(((out + taken) / ratePerSecond) * 1_000)),
  };
}
