import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, redisMissing, skipOrFail, startRedis, type TestRedis } from "@fairlead/harness";
import type { ContractSubject } from "../contract/subject.ts";
import { stateContract } from "../contract.ts";
import { openRedisState } from "./open.ts";

const skip = skipOrFail(redisMissing());
let redis: TestRedis;

before(async () => {
  if (skip === false) redis = await startRedis();
});
after(() => redis?.[Symbol.asyncDispose]());

async function open(): Promise<ContractSubject> {
  await redis.command("FLUSHALL");
  const [first, second] = await Promise.all([openRedisState(redis), openRedisState(redis)]);
  return {
    first,
    second,
    async restart() {
      await redis.restart();
      for (const state of [first, second]) {
        await eventually(() => state.health().isAvailable, "the connection after a restart");
      }
    },
    pass: (ms) => sleep(ms),
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
    },
  };
}

stateContract("redis", open, skip);
