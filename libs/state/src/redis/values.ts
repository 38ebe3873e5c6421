import { checkKey, checkTtl, encodeValue } from "../limits.ts";
import type { Values } from "../state.ts";
import type { RedisLink } from "./link.ts";

const keyOf = (key: string) => `fairlead:value:${key}`;

export class RedisValues implements Values {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async set(key: string, value: unknown, ttlMs: number): Promise<void> {
    checkKey("value key", key);
    checkTtl(ttlMs);
    const json = encodeValue(value);
    await this.#link.run(`set value ${key}`, (redis) => redis.set(keyOf(key), json, "PX", ttlMs));
  }

  async get(key: string): Promise<unknown> {
    checkKey("value key", key);
    const json = await this.#link.run(`get value ${key}`, (redis) => redis.get(keyOf(key)), { isRead: true });
    return json === null ? undefined : JSON.parse(json);
  }

  async delete(key: string): Promise<boolean> {
    checkKey("value key", key);
    // A delete is never repeated: after a lost reply the answer of a repeat would be a false "there was no value".
    const deleted = await this.#link.run(`delete value ${key}`, (redis) => redis.del(keyOf(key)), {
      isRepeatable: false,
    });
    return deleted === 1;
  }
}
