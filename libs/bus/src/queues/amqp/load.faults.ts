/** Faults under load, with an auditor: nothing that was enqueued is lost, whatever happens to the broker or the way to it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { silentLogger } from "@fairlead/core";
import {
  rabbitMissing,
  skipOrFail,
  startProxy,
  startRabbit,
  type TestRabbit,
  within,
} from "@fairlead/harness";
import { freshKind } from "../contract/support.ts";
import { Audit } from "../test/audit.ts";
import { openAmqpQueues } from "./amqp-queues.ts";

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1_000));

describe("work queues on RabbitMQ under load", { skip: skipOrFail(rabbitMissing()) }, () => {
  let rabbit: TestRabbit;
  before(async () => {
    rabbit = await startRabbit();
  });
  after(() => rabbit?.[Symbol.asyncDispose]());

  /** Produces and consumes while `hurt` runs, then stops producing and audits. */
  async function underLoad(port: number, hurt: () => Promise<void>): Promise<string> {
    const kind = freshKind();
    const audit = new Audit(kind);
    const url = `amqp://guest:guest@127.0.0.1:${port}`;
    await using queues = openAmqpQueues({ url, name: "load", logger: silentLogger, reconnectMaxMs: 500 });
    const producing = new AbortController();
    const consuming = new AbortController();
    const produced = audit.produce(queues, producing.signal);
    const consumed = queues.consume(kind, { slots: 8, signal: consuming.signal }, audit.handle);
    await hurt();
    producing.abort();
    await produced;
    const summary = await within(
      audit.close(queues),
      () => `an end: ${audit.unsettled().length} are missing`,
    );
    consuming.abort();
    await consumed;
    assert.ok(audit.enqueued.size > 100, `only ${audit.enqueued.size} were enqueued`);
    return summary;
  }

  test("the broker is killed -9, three times", async (t) => {
    const summary = await underLoad(rabbit.port, async () => {
      for (let round = 0; round < 3; round++) {
        await seconds(1);
        await rabbit.kill();
        await rabbit.start();
      }
      await seconds(1);
    });
    t.diagnostic(summary);
  });

  test("connections are cut 25 times at any byte, in the middle of acks and retries", async (t) => {
    await using proxy = await startProxy({ port: rabbit.port });
    const summary = await underLoad(proxy.port, async () => {
      await seconds(1);
      for (let round = 0; round < 25; round++) {
        const direction = round % 2 === 0 ? "toServer" : "toClient";
        await proxy.setMode({ kind: "cutAfter", bytes: Math.floor(Math.random() * 20_000), direction });
        await seconds(0.2);
        await proxy.setMode({ kind: "pass" });
        await seconds(0.2);
      }
      await proxy.setMode({ kind: "pass" });
    });
    assert.ok(proxy.cuts > 10, `only ${proxy.cuts} cuts`);
    t.diagnostic(`${proxy.cuts} cuts: ${summary}`);
  });

  test("the broker stands still for longer than a confirm may take", async (t) => {
    await using proxy = await startProxy({ port: rabbit.port });
    const summary = await underLoad(proxy.port, async () => {
      await seconds(1);
      await proxy.setMode({ kind: "freeze" });
      await seconds(12);
      await proxy.setMode({ kind: "pass" });
      await seconds(1);
    });
    t.diagnostic(summary);
  });
});
