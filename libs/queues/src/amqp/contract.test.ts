import { after, before, describe } from "node:test";
import { silentLogger } from "@fairlead/core";
import { rabbitMissing, skipOrFail, startProxy, startRabbit, type TestRabbit } from "@fairlead/harness";
import { contractLimits, queuesContract } from "../contract.ts";
import { AmqpQueues } from "./amqp-queues.ts";

describe("amqp", { skip: skipOrFail(rabbitMissing()) }, () => {
  let rabbit: TestRabbit;
  before(async () => {
    rabbit = await startRabbit();
  });
  after(() => rabbit?.[Symbol.asyncDispose]());

  queuesContract("amqp", async () => {
    const proxy = await startProxy({ port: rabbit.port });
    const url = `amqp://guest:guest@${proxy.host}:${proxy.port}`;
    const open = () =>
      new AmqpQueues({
        url,
        name: "contract",
        logger: silentLogger,
        reconnectMaxMs: 500,
        // Each case has a queue of its own and nobody kills this broker.
        settleMs: 0,
        ...contractLimits,
      });
    let queues = open();
    return {
      get queues() {
        return queues;
      },
      async loseDeliveries() {
        proxy.cutAll();
      },
      async reopen() {
        await queues[Symbol.asyncDispose]();
        queues = open();
        return queues;
      },
      async [Symbol.asyncDispose]() {
        await queues[Symbol.asyncDispose]();
        await proxy[Symbol.asyncDispose]();
      },
    };
  });
});
