import type { RateLimitDecision } from "./state.ts";

/** The time for which the callId of a permit is kept: longer than any caller repeats a call. */
export const callMemoryMs = 30_000;

export const microsPerMs = 1_000;

/** The rounding error that is allowed, in permits: the last permit of a burst must not be refused because of floating point. */
export const permitEpsilon = 1e-9;

/**
 * The state of one limit: `used` permits were out at `baseUs`, and `rate` of them come back each second. The state is a count over
 * a fixed base and no running arrival time, so that rounding does not add up over calls.
 */
export interface Usage {
  readonly baseUs: number;
  readonly used: number;
  readonly rate: number;
}

/**
 * The generic cell rate algorithm (ITU-T I.371, its continuous-state leaky bucket form): a permit is given while at most `burst` -
 * 1 are out. The Lua of the Redis driver has the same lines.
 *
 * @returns the decision, the next state when the call is allowed, and the milliseconds after which that state is empty
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
