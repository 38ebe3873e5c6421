import { after, describe } from "node:test";
import { rabbitMissing, skipOrFail } from "@fairlead/harness";
import { direct, openTestBus, SharedRabbit } from "../../test/amqp/rabbit.ts";
import { temporaryDirectory } from "../../test/temporary.ts";
import { busContract, contractLimits } from "../contract.ts";

describe("AmqpBus", { skip: skipOrFail(rabbitMissing()) }, () => {
  const shared = new SharedRabbit();
  after(() => shared[Symbol.asyncDispose]());

  busContract("amqp", async () => {
    const rabbit = await shared.clean();
    const temporary = temporaryDirectory();
    // Nobody hurts this broker: a link is never lost because one of the two was slow.
    const patience = { confirmTimeoutMs: 60_000, heartbeatSeconds: 60, connectTimeoutMs: 60_000 };
    const openOne = () =>
      openTestBus(rabbit.url, { ...contractLimits, ...patience, directory: temporary.path });
    let under = await openOne();
    await direct(under.bus);
    return {
      bus: under.bus,
      async reopen() {
        await under.bus[Symbol.asyncDispose]();
        under = await openOne();
        await direct(under.bus);
        return under.bus;
      },
      async [Symbol.asyncDispose]() {
        await under.bus[Symbol.asyncDispose]();
        temporary[Symbol.dispose]();
      },
    };
  });
});
