import { callMemoryMs, permitEpsilon } from "../gcra.ts";
import { checkKey, checkRate } from "../limits.ts";
import type { RateLimitDecision, RateLimits } from "../state.ts";
import type { RedisLink } from "./link.ts";
import { Script } from "./script.ts";

/**
 * `decide` of gcra.ts in Lua, line by line. KEYS: the limit, the call. ARGV: rate, burst, call memory, epsilon. Gives
 * allowed, retry after in ms, remaining.
 */
export const takeLua = `
local known = redis.call('GET', KEYS[2])
if known then return {1, 0, tonumber(known)} end
local rate, burst, epsilon = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local record = redis.call('HMGET', KEYS[1], 'base', 'used', 'rate')
local base, used, before = now_us, 0, rate
if record[1] then base, used, before = tonumber(record[1]), tonumber(record[2]), tonumber(record[3]) end
local out = used - (math.max(0, now_us - base) * before) / 1000000
if out <= 0 or before ~= rate then
  out = math.max(0, out)
  used = out
  base = now_us
end
if out > burst - 1 + epsilon then
  local wait = ((out - (burst - 1)) / rate) * 1000
  return {0, math.max(1, math.ceil(wait - epsilon)), math.max(0, math.floor(burst - out + epsilon))}
end
local remaining = math.max(0, math.floor(burst - out - 1 + epsilon))
redis.call('HSET', KEYS[1], 'base', text(base), 'used', string.format('%.17g', used + 1), 'rate', ARGV[1])
redis.call('PEXPIRE', KEYS[1], text(math.max(1, math.ceil((out + 1) / rate * 1000))))
redis.call('SET', KEYS[2], text(remaining), 'PX', ARGV[3])
return {1, 0, remaining}
`;

const take = new Script(takeLua);

/** Both keys of a call. The keys are encoded, so that no key can end the hash tag early or look like the call of another. */
export function rateKeys(key: string, callId: string): [string, string] {
  const tag = `{${encodeURIComponent(key)}}`;
  return [`fairlead:rate:${tag}`, `fairlead:rate-call:${tag}:${callId}`];
}

export function toDecision(reply: unknown): RateLimitDecision {
  const [allowed, retryAfterMs, remaining] = Array.isArray(reply) ? reply : [];
  return { isAllowed: allowed === 1, retryAfterMs: Number(retryAfterMs), remaining: Number(remaining) };
}

export class RedisRateLimits implements RateLimits {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async take(key: string, ratePerSecond: number, burst: number, callId: string): Promise<RateLimitDecision> {
    checkKey("rate limit key", key);
    checkKey("call id", callId);
    checkRate(ratePerSecond, burst);
    const reply = await this.#link.run(`take a permit of ${key}`, (redis) =>
      take.run(redis, rateKeys(key, callId), [ratePerSecond, burst, callMemoryMs, permitEpsilon]),
    );
    return toDecision(reply);
  }
}
