/** Faults under load, with an auditor, for longer than `npm test` may take. The same in short is load.test.ts. */
import { after, before, describe, test } from "node:test";
import { silentLogger } from "@fairlead/core";
import { rabbitMissing, skipOrFail, startRabbit, type TestRabbit } from "@fairlead/harness";
import { freshKind } from "../contract/support.ts";
import { killRounds } from "../test/kill-rounds.ts";
import { underLoad } from "../test/under-load.ts";
import { openAmqpQueues } from "./amqp-queues.ts";
import { cutting, freezing, killing } from "./faults/load.ts";

describe("work queues on RabbitMQ under load, for long", { skip: skipOrFail(rabbitMissing()) }, () => {
  let rabbit: TestRabbit;
  before(async () => {
    rabbit = await startRabbit();
  });
  after(() => rabbit?.[Symbol.asyncDispose]());

  test("the broker is killed -9, 10 times", async (t) => {
    t.diagnostic(await underLoad(rabbit.port, killing(rabbit, 10)));
  });

  test("connections are cut 40 times at any byte, in the middle of acks and retries", async (t) => {
    t.diagnostic(await cutting(rabbit, 40));
  });

  test("the broker stands still for 15 s, five times as long as a confirm may take", async (t) => {
    t.diagnostic(await freezing(rabbit, 15));
  });

  test("a process is killed -9 with deliveries out, 25 times", async (t) => {
    const { url } = rabbit;
    const open = async () => openAmqpQueues({ url, name: "left", logger: silentLogger, youngQueueMs: 0 });
    t.diagnostic((await killRounds(url, freshKind(), 25, open)).summary);
  });
});
