import { checkKey, checkSize, checkTtl } from "../limits.ts";
import type { Idempotency, IdempotencyClaim } from "../state.ts";
import type { RedisLink } from "./link.ts";
import { Script } from "./script.ts";

/** ARGV: digest, claim id, ttl. */
const claim = new Script(`
local record = redis.call('HMGET', KEYS[1], 'digest', 'claim', 'status', 'outcome')
if record[1] and record[3] ~= 'abandoned' then
  if record[1] ~= ARGV[1] then return {'mismatch'} end
  if record[3] == 'completed' then return {'completed', record[4]} end
  if record[2] ~= ARGV[2] then return {'pending'} end
end
redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'claim', ARGV[2], 'status', 'pending')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'claimed'}
`);

/** ARGV: claim id, outcome, ttl. The first outcome stays: a repeat is valid only with the same outcome. */
const complete = new Script(`
local record = redis.call('HMGET', KEYS[1], 'claim', 'status', 'outcome')
if record[1] ~= ARGV[1] then return 0 end
if record[2] == 'abandoned' or (record[2] == 'completed' and record[3] ~= ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'status', 'completed', 'outcome', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`);

/** ARGV: claim id. The record stays as "abandoned" until its expiry, so that a repeat gets the same answer. */
const abandon = new Script(`
local record = redis.call('HMGET', KEYS[1], 'claim', 'status')
if record[1] ~= ARGV[1] or record[2] == 'completed' then return 0 end
redis.call('HSET', KEYS[1], 'status', 'abandoned')
return 1
`);

const keyOf = (key: string) => `fairlead:idempotency:${key}`;

function toClaim(reply: unknown): IdempotencyClaim {
  const [status, outcome] = Array.isArray(reply) ? reply : [];
  if (status === "completed") return { status, outcome: String(outcome) };
  if (status === "claimed" || status === "pending" || status === "mismatch") return { status };
  throw new TypeError(`Cannot read a claim: Redis answered ${JSON.stringify(reply)}`);
}

export class RedisIdempotency implements Idempotency {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async claim(key: string, digest: string, claimId: string, ttlMs: number): Promise<IdempotencyClaim> {
    checkKey("idempotency key", key);
    checkKey("request digest", digest);
    checkKey("claim id", claimId);
    checkTtl(ttlMs);
    const reply = await this.#link.run(`claim idempotency key ${key}`, (redis) =>
      claim.run(redis, [keyOf(key)], [digest, claimId, ttlMs]),
    );
    return toClaim(reply);
  }

  async complete(key: string, claimId: string, outcome: string, ttlMs: number): Promise<boolean> {
    checkKey("idempotency key", key);
    checkKey("claim id", claimId);
    checkSize("outcome", outcome);
    checkTtl(ttlMs);
    const reply = await this.#link.run(`complete idempotency key ${key}`, (redis) =>
      complete.run(redis, [keyOf(key)], [claimId, outcome, ttlMs]),
    );
    return reply === 1;
  }

  async abandon(key: string, claimId: string): Promise<boolean> {
    checkKey("idempotency key", key);
    checkKey("claim id", claimId);
    const reply = await this.#link.run(`abandon idempotency key ${key}`, (redis) =>
      abandon.run(redis, [keyOf(key)], [claimId]),
    );
    return reply === 1;
  }
}
