import { after, before, mock, test } from "node:test";
import { eventually, redisMissing, skipOrFail, startRedis, type TestRedis } from "@fairlead/harness";
import { Redis } from "ioredis";
import type { ContractSubject } from "../contract/subject.ts";
import { stateContract } from "../contract.ts";
import { openRedisState } from "./open.ts";
import { clockLua, Script } from "./script.ts";

const skip = skipOrFail(redisMissing());
let redis: TestRedis;

before(async () => {
  if (skip === false) redis = await startRedis();
});
after(() => redis?.[Symbol.asyncDispose]());

/** Redis' own time, and so much more, as the scripts see it. */
let aheadMs = 0;
const runScript = Script.prototype.run;
mock.method(Script.prototype, "run", function (this: Script, ...args: Parameters<typeof runScript>) {
  const ahead = `now_us = now_us + ${aheadMs * 1_000}\nnow_ms = now_ms + ${aheadMs}\n`;
  return runScript.apply(new Script(this.lua.slice(clockLua.length), clockLua + ahead), args);
});

/** So much less is left to every key: Redis deletes what has nothing left. */
const age = `
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, left - tonumber(ARGV[1])) end
end
`;

async function pass(ms: number): Promise<void> {
  aheadMs += ms;
  const client = new Redis(redis.url);
  try {
    await client.eval(age, 0, ms);
  } finally {
    client.disconnect();
  }
}

async function open(): Promise<ContractSubject> {
  await redis.command("FLUSHALL");
  aheadMs = 0;
  // A process that stood still for seconds finds its connection as it was.
  const options = { ...redis, commandTimeoutMs: 60_000, operationTimeoutMs: 120_000 };
  const [first, second] = await Promise.all([openRedisState(options), openRedisState(options)]);
  return {
    first,
    second,
    async restart() {
      await redis.restart();
      for (const { values } of [first, second]) {
        const isThere = () =>
          values.get("any").then(
            () => true,
            () => false,
          );
        await eventually(isThere, "the connection after a restart");
      }
    },
    pass,
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
    },
  };
}

stateContract("redis", open, skip);

test("a lease and a value end by Redis' own clock", { skip }, async () => {
  await using subject = await open();
  const { first, second } = subject;
  await first.leases.acquire("job", "a", 100);
  await first.values.set("key", 1, 100);
  const isFree = async () => (await second.leases.acquire("job", "b", 60_000)) !== undefined;
  await eventually(isFree, "the end of the lease");
  await eventually(async () => (await second.values.get("key")) === undefined, "the end of the value");
});
