/** Faults under load, with an auditor: nothing that was enqueued is lost. The same for longer is load.faults.ts. */
import { after, before, describe, test } from "node:test";
import { silentLogger } from "@fairlead/core";
import { rabbitMissing, skipOrFail, startRabbit, type TestRabbit } from "@fairlead/harness";
import { freshKind } from "../contract/support.ts";
import { killRounds } from "../test/kill-rounds.ts";
import { underLoad } from "../test/under-load.ts";
import { openAmqpQueues } from "./amqp-queues.ts";
import { cutting, killing } from "./faults/load.ts";

describe("work queues on RabbitMQ under load", { skip: skipOrFail(rabbitMissing()) }, () => {
  let rabbit: TestRabbit;
  before(async () => {
    rabbit = await startRabbit();
  });
  after(() => rabbit?.[Symbol.asyncDispose]());

  test("the broker is killed -9", async (t) => {
    t.diagnostic(await underLoad(rabbit.port, killing(rabbit, 1)));
  });

  test("connections are cut 8 times at any byte, in the middle of acks and retries", async (t) => {
    t.diagnostic(await cutting(rabbit, 8));
  });

  test("a process is killed -9 with deliveries out, 4 times", async (t) => {
    const { url } = rabbit;
    const open = async () => openAmqpQueues({ url, name: "left", logger: silentLogger, youngQueueMs: 0 });
    t.diagnostic((await killRounds(url, freshKind(), 4, open)).summary);
  });
});
