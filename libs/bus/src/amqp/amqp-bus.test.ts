import { after, describe } from "node:test";
import { rabbitMissing, skipOrFail } from "@fairlead/harness";
import { direct, openTestBus, SharedRabbit } from "../../test/amqp/rabbit.ts";
import { temporaryDirectory } from "../../test/temporary.ts";
import { busContract, contractLimits } from "../contract.ts";

/** Nothing is hurt here: on a slow machine an overdue confirm or heartbeat would send events twice, which the contract does not expect. */
const patient = { confirmTimeoutMs: 60_000, connectTimeoutMs: 60_000, heartbeatSeconds: 60 };

describe("AmqpBus", { skip: skipOrFail(rabbitMissing()) }, () => {
  const shared = new SharedRabbit();
  after(() => shared[Symbol.asyncDispose]());

  busContract("amqp", async () => {
    const rabbit = await shared.clean();
    const temporary = temporaryDirectory();
    const openOne = () =>
      openTestBus(rabbit.url, { ...contractLimits, ...patient, directory: temporary.path });
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
