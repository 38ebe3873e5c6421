import assert from "node:assert/strict";
import { after, describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, faultRounds, rabbitMissing, skipOrFail, startProxy, within } from "@fairlead/harness";
import { auditAll, auditInbox, auditLog, Follower } from "./audit.ts";
import { Load } from "./load.ts";
import { direct, eventOf, openTestBus, SharedRabbit, usedAgain } from "./rabbit.ts";

/** How long the broker is out of reach: 6 s in the usual run, 60 s with 40 rounds. */
const awayMs = 1_500 * faultRounds(4);
/** Its default. An outcome may take twice as long: a machine with other work is slower than the clock by far less than that. */
const confirmTimeoutMs = 5_000;

describe("the broker is there and does not answer", { skip: skipOrFail(rabbitMissing()) }, () => {
  const shared = new SharedRabbit();
  after(() => shared[Symbol.asyncDispose]());

  /** Load and a live tail through the fault, then the audit. */
  async function survive(
    context: TestContext,
    via: { url: string; inboxUrl: string },
    begin: () => unknown,
    end: () => unknown,
    whileAway: (health: string) => void = () => {},
  ): Promise<void> {
    await using under = await openTestBus(via.url, { confirmTimeoutMs });
    await direct(under.bus);
    await using follower = new Follower(under.bus);
    await using load = new Load(under.bus);
    await load.flows();
    await begin();
    const start = performance.now();
    await eventually(() => under.bus.mode === "spool", "the spool to take over");
    context.diagnostic(`the spool took over after ${Math.round(performance.now() - start)} ms`);
    await sleep(awayMs);
    assert.equal(under.bus.mode, "spool");
    assert.equal(under.bus.health().canAccept, true);
    whileAway(under.bus.health().problems.join("; "));
    await end();
    await usedAgain(under);
    await load.stop();
    await direct(under.bus);
    assert.equal(load.refused.size, 0);
    assert.ok(load.slowestMs < 2 * confirmTimeoutMs, `an outcome took ${load.slowestMs} ms`);
    await follower.check(load);
    await auditAll(context, under.bus, via.inboxUrl, load);
  }

  test(`stopped by SIGSTOP for ${awayMs} ms`, async (context) => {
    const rabbit = await shared.clean();
    await survive(
      context,
      { url: rabbit.url, inboxUrl: rabbit.url },
      () => rabbit.pause(),
      () => rabbit.resume(),
      (said) => assert.match(said, /cannot be used since .*; .* events wait in the spool since/),
    );
  });

  test(`blocked by its memory alarm for ${awayMs} ms`, async (context) => {
    const rabbit = await shared.clean();
    await survive(
      context,
      { url: rabbit.url, inboxUrl: rabbit.url },
      () => rabbit.rabbitmqctl("set_vm_memory_high_watermark", "absolute", "1MB"),
      () => rabbit.rabbitmqctl("set_vm_memory_high_watermark", "0.4"),
      (said) => assert.match(said, /has blocked publishing since .*short of memory or disk/),
    );
  });

  test(`behind a link that is half open for ${awayMs} ms`, async (context) => {
    const rabbit = await shared.clean();
    await using proxy = await startProxy({ port: rabbit.port });
    await survive(
      context,
      { url: `amqp://guest:guest@${proxy.host}:${proxy.port}`, inboxUrl: rabbit.url },
      () => proxy.setMode({ kind: "freeze" }),
      () => proxy.setMode({ kind: "pass" }),
    );
  });

  test("closing gives everything that was taken an outcome, and ends", async () => {
    const rabbit = await shared.clean();
    const acknowledged = [new Set<number>()];
    await using first = await openTestBus(rabbit.url, { confirmTimeoutMs });
    await direct(first.bus);
    const tail = first.bus.tail({ after: 0 })[Symbol.asyncIterator]();
    const tailEnded = assert.rejects(tail.next(), { code: "BUS_CLOSED" });
    rabbit.pause();
    try {
      const published = Array.from({ length: 3_000 }, async (_, index) => {
        await first.bus.publish(eventOf(`0:${index + 1}`));
        acknowledged[0]?.add(index + 1);
      });
      const closed = first.bus[Symbol.asyncDispose]();
      await assert.rejects(first.bus.publish(eventOf("0:9999")), { code: "BUS_CLOSED" });
      await within(Promise.all([closed, ...published, tailEnded]), "the end", 4 * confirmTimeoutMs);
    } finally {
      rabbit.resume();
    }
    assert.equal(acknowledged[0]?.size, 3_000);
    await using second = await openTestBus(rabbit.url, { directory: first.directory });
    await direct(second.bus);
    await auditLog(second.bus, { acknowledged });
    await auditInbox(rabbit.url, { acknowledged });
  });
});
