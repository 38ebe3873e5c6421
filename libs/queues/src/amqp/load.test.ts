/** Faults under load, with an auditor: nothing that was enqueued is lost. */
import { after, before, describe, test } from "node:test";
import { silentLogger } from "@fairlead/core";
import { faultRounds, rabbitMissing, skipOrFail, startRabbit, type TestRabbit } from "@fairlead/harness";
import { cutting, freezing, killing } from "../../test/faults/load.ts";
import { killRounds } from "../../test/kill-rounds.ts";
import { underLoad } from "../../test/under-load.ts";
import { freshKind } from "../contract/support.ts";
import { AmqpQueues } from "./amqp-queues.ts";

const rounds = faultRounds(1);

describe("work queues on RabbitMQ under load", { skip: skipOrFail(rabbitMissing()) }, () => {
  let rabbit: TestRabbit;
  before(async () => {
    rabbit = await startRabbit();
  });
  after(() => rabbit?.[Symbol.asyncDispose]());

  test(`the broker is killed -9, times ${rounds}`, async (t) => {
    t.diagnostic(await underLoad(rabbit.port, killing(rabbit, rounds)));
  });

  const cuts = Math.max(8, rounds);
  test(`connections are cut at any byte, in the middle of acks and retries, times ${cuts}`, async (t) => {
    t.diagnostic(await cutting(rabbit, cuts));
  });

  const frozenSeconds = Math.max(4, rounds);
  test(`nothing passes for ${frozenSeconds} s, longer than a confirm may take`, async (t) => {
    t.diagnostic(await freezing(rabbit, frozenSeconds));
  });

  const kills = Math.max(4, rounds);
  test(`a process is killed -9 with deliveries out, times ${kills}`, async (t) => {
    const { url } = rabbit;
    const open = async () => new AmqpQueues({ url, name: "left", logger: silentLogger, settleMs: 0 });
    t.diagnostic((await killRounds(url, freshKind(), kills, open)).summary);
  });
});
