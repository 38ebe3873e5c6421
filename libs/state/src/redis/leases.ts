import { fenceMemoryMs } from "../fence.ts";
import { checkKey, checkTtl } from "../limits.ts";
import type { Lease, Leases } from "../state.ts";
import type { RedisLink } from "./link.ts";
import { Script } from "./script.ts";

/** The record stays for `memory` after the lease, because of its last fence. `fence.ts` says why the fence is a time. */
const keepLua = `
local function keep(ends, memory)
  redis.call('HSET', KEYS[1], 'ends', text(ends))
  redis.call('PEXPIRE', KEYS[1], text(ends - now_ms + tonumber(memory)))
end
`;

/** ARGV: holder, ttl, memory. A repeat by the same holder gives a new fence, and nobody has the old one. */
const acquire = new Script(`${keepLua}
local record = redis.call('HMGET', KEYS[1], 'holder', 'fence', 'ends', 'released')
local is_held = record[1] and record[4] == '0' and tonumber(record[3]) > now_ms
if is_held and record[1] ~= ARGV[1] then return false end
local fence = math.max(tonumber(record[2] or '0') + 1, now_us)
local ends = now_ms + tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'fence', text(fence), 'released', '0')
keep(ends, ARGV[3])
return {text(fence), text(ends)}
`);

/** ARGV: holder, fence, ttl, memory. */
const renew = new Script(`${keepLua}
local record = redis.call('HMGET', KEYS[1], 'holder', 'fence', 'ends', 'released')
if record[1] ~= ARGV[1] or record[2] ~= ARGV[2] or record[4] ~= '0' then return false end
if tonumber(record[3]) <= now_ms then return false end
local ends = now_ms + tonumber(ARGV[3])
keep(ends, ARGV[4])
return text(ends)
`);

/** ARGV: holder, fence. A released record answers yes again to the same release. */
const release = new Script(`
local record = redis.call('HMGET', KEYS[1], 'holder', 'fence', 'ends', 'released')
if record[1] ~= ARGV[1] or record[2] ~= ARGV[2] then return 0 end
if record[4] == '0' and tonumber(record[3]) <= now_ms then return 0 end
redis.call('HSET', KEYS[1], 'released', '1')
return 1
`);

const keyOf = (name: string) => `fairlead:lease:${name}`;

export class RedisLeases implements Leases {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async acquire(name: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    checkKey("lease name", name);
    checkKey("lease holder", holder);
    checkTtl(ttlMs);
    const reply = await this.#link.run(`acquire lease ${name}`, (redis) =>
      acquire.run(redis, [keyOf(name)], [holder, ttlMs, fenceMemoryMs]),
    );
    if (!Array.isArray(reply)) return undefined;
    return { name, holder, fence: Number(reply[0]), expiresAtMs: Number(reply[1]) };
  }

  async renew(lease: Lease, ttlMs: number): Promise<Lease | undefined> {
    checkKey("lease name", lease.name);
    checkTtl(ttlMs);
    const reply = await this.#link.run(`renew lease ${lease.name}`, (redis) =>
      renew.run(redis, [keyOf(lease.name)], [lease.holder, lease.fence, ttlMs, fenceMemoryMs]),
    );
    return reply === null ? undefined : { ...lease, expiresAtMs: Number(reply) };
  }

  async release(lease: Lease): Promise<boolean> {
    checkKey("lease name", lease.name);
    const reply = await this.#link.run(`release lease ${lease.name}`, (redis) =>
      release.run(redis, [keyOf(lease.name)], [lease.holder, lease.fence]),
    );
    return reply === 1;
  }
}
