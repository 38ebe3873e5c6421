import assert from "node:assert/strict";
import { test } from "node:test";
import { redisMissing, skipOrFail, startRedis } from "@fairlead/harness";
import fc from "fast-check";
import { Redis } from "ioredis";
import { GcraModel, gcraRuns } from "../contract/gcra-model.ts";
import { callMemoryMs, permitEpsilon } from "../gcra.ts";
import { rateKeys, takeLua, toDecision } from "./rate-limits.ts";
import { Script } from "./script.ts";

/** The time comes with the call, and no key expires by the server's own clock. */
const givenClockLua = `
local server = redis
local redis = {call = function(name, ...)
  if name == 'PEXPIRE' then return 1 end
  return server.call(name, ...)
end}
local now_us = tonumber(ARGV[5])
local now_ms = math.floor(now_us / 1000)
local function text(number) return string.format('%.0f', number) end
`;

test("take() decides as the model of GCRA does, to the microsecond", {
  skip: skipOrFail(redisMissing()),
}, async () => {
  await using server = await startRedis();
  const redis = new Redis(server.url);
  const take = new Script(takeLua, givenClockLua);
  let runs = 0;
  try {
    await fc.assert(
      fc.asyncProperty(gcraRuns, fc.nat(999), async ({ permits, seconds, burst, pauses }, startUs) => {
        const model = new GcraModel(permits, seconds, burst);
        const key = `run ${runs++}`;
        let nowUs = Date.UTC(2026, 0, 1) * 1_000 + startUs;
        for (const [call, pauseMs] of pauses.entries()) {
          nowUs += pauseMs * 997;
          const limit = [permits / seconds, burst, callMemoryMs, permitEpsilon, nowUs];
          const reply = await take.run(redis, rateKeys(key, `${call}`), limit);
          assert.deepEqual(toDecision(reply), model.take(nowUs));
        }
      }),
    );
  } finally {
    redis.disconnect();
  }
});
