import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/**
 * The time in the store, so that instances with different clocks agree: `now_us` and `now_ms`. Whole numbers in Lua are
 * doubles; `text` writes them without an exponent.
 */
export const clockLua = `
local time = redis.call('TIME')
local now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now_ms = math.floor(now_us / 1000)
local function text(number) return string.format('%.0f', number) end
`;

/**
 * One Lua script. The script is sent by its digest, and whole when Redis does not know the digest (after a restart or SCRIPT
 * FLUSH).
 */
export class Script {
  readonly lua: string;
  readonly #digest: string;

  /** @param body the Lua, which can use `now_us`, `now_ms` and `text()` of `clock` */
  constructor(body: string, clock = clockLua) {
    this.lua = clock + body;
    this.#digest = createHash("sha1").update(this.lua).digest("hex");
  }

  async run(redis: Redis, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#digest, keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return redis.eval(this.lua, keys.length, ...keys, ...values);
    }
  }
}
