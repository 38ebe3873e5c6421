import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { queueSettleMs } from "@fairlead/amqp";
import { eventually, faultRounds, rabbitMissing, skipOrFail, startProxy } from "@fairlead/harness";
import { auditAll } from "./audit.ts";
import { Load } from "./load.ts";
import { direct, openTestBus, SharedRabbit, usedAgain } from "./rabbit.ts";

const rounds = faultRounds(3);

describe("the broker goes away under load", { skip: skipOrFail(rabbitMissing()) }, () => {
  const shared = new SharedRabbit();
  after(() => shared[Symbol.asyncDispose]());

  test(`killed ${rounds} times: nothing acknowledged is missing, order is kept`, async (context) => {
    const rabbit = await shared.clean();
    await using under = await openTestBus(rabbit.url, { settleMs: queueSettleMs });
    await direct(under.bus);
    await using load = new Load(under.bus);
    for (let round = 0; round < rounds; round++) {
      await rabbit.kill();
      await eventually(() => under.bus.mode === "spool", "the spool to take over");
      await rabbit.start();
      // Some rounds die again while the spool is being emptied.
      if (round % 3 === 0) await sleep(Math.random() * 500);
      else await usedAgain(under);
    }
    await load.stop();
    await direct(under.bus);
    assert.equal(load.refused.size, 0);
    await auditAll(context, under.bus, rabbit.url, load);
  });

  test("30 connections cut at random moments: the same", async (context) => {
    const rabbit = await shared.clean();
    await using proxy = await startProxy({ port: rabbit.port });
    await using under = await openTestBus(`amqp://guest:guest@${proxy.host}:${proxy.port}`);
    await direct(under.bus);
    await using load = new Load(under.bus);
    for (let cut = 0; cut < 30; cut++) {
      await sleep(Math.random() * 400);
      // A reset every other time; else the connection ends in the middle of what the broker says.
      if (cut % 2 === 0) {
        await eventually(() => proxy.connections > 0, "a connection");
        proxy.cutAll();
      } else {
        const before = proxy.cuts;
        await proxy.setMode({ kind: "cutAfter", bytes: Math.random() * 3_000, direction: "toClient" });
        await eventually(() => proxy.cuts > before, "the cut");
        await proxy.setMode({ kind: "pass" });
      }
    }
    await load.stop();
    await direct(under.bus);
    assert.equal(load.refused.size, 0);
    await auditAll(context, under.bus, rabbit.url, load);
  });
});
