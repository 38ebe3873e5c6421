import { after, before, describe, test } from "node:test";
import { cutAnywhere, rabbitMissing, skipOrFail, startRabbit, type TestRabbit } from "@fairlead/harness";
import { connect } from "amqplib";
import { withChannel } from "./with-channel.ts";

describe("withChannel()", { skip: skipOrFail(rabbitMissing()) }, () => {
  let rabbit: TestRabbit;
  before(async () => {
    rabbit = await startRabbit();
  });
  after(() => rabbit?.[Symbol.asyncDispose]());

  test("ends, wherever its connection is cut and whatever its work comes to", async (t) => {
    const work = async (url: string) => {
      const model = await connect(url);
      model.on("error", () => {});
      const lost = new Promise((resolve) => model.on("close", resolve));
      await withChannel(model, (channel) => channel.checkExchange("amq.direct"));
      await Promise.race([model.close().catch(() => {}), lost]);
    };
    const places = await cutAnywhere(rabbit.port, (url) => work(url).catch(() => {}));
    t.diagnostic(`cut at ${places} places`);
  });
});
