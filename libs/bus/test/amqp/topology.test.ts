import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { names } from "@fairlead/amqp";
import { eventually, rabbitMissing, skipOrFail } from "@fairlead/harness";
import { type Channel, connect } from "amqplib";
import { auditAll, auditInbox, auditLog, Follower, readInbox } from "./audit.ts";
import { Load } from "./load.ts";
import {
  direct,
  eventOf,
  openTestBus,
  SharedRabbit,
  spoolTookOver,
  testTopology,
  usedAgain,
} from "./rabbit.ts";

describe("an operator changes what the broker has", { skip: skipOrFail(rabbitMissing()) }, () => {
  const shared = new SharedRabbit();
  after(() => shared[Symbol.asyncDispose]());

  async function asOperator<T>(url: string, act: (channel: Channel) => Promise<T>): Promise<T> {
    const model = await connect(url);
    try {
      return await act(await model.createChannel());
    } finally {
      await model.close();
    }
  }

  test("every connection is closed every 20 ms, also during setup: it recovers, nothing is missing", async (context) => {
    const rabbit = await shared.clean();
    await using under = await openTestBus(rabbit.url, { reconnectMinMs: 10, reconnectMaxMs: 50 });
    await direct(under.bus);
    await using follower = new Follower(under.bus);
    await using load = new Load(under.bus);
    const closeAll =
      // A connection may end by itself in the same moment: that is no failure.
      'lists:foreach(fun(_) -> [catch rabbit_networking:close_connection(P, <<"test">>) || P <- rabbit_networking:connections()], timer:sleep(20) end, lists:seq(1, 250)).';
    const lost = () => under.warnings.filter((warning) => warning.includes("lost the broker")).length;
    do await rabbit.rabbitmqctl("eval", closeAll);
    while (lost() < 10);
    await usedAgain(under);
    await load.stop();
    await direct(under.bus);
    context.diagnostic(`${lost()} connections were lost`);
    await follower.check(load);
    await auditAll(context, under.bus, rabbit.url, load);
  });

  test("a queue is deleted while nothing is published: made anew, and health has no complaint then", async () => {
    const rabbit = await shared.clean();
    await using under = await openTestBus(rabbit.url, { declareEveryMs: 500 });
    await direct(under.bus);
    await asOperator(rabbit.url, (channel) => channel.deleteQueue(names.deadQueue));
    const isBack = async () => (await rabbit.rabbitmqctl("list_queues", "name")).includes(names.deadQueue);
    await eventually(isBack, "the queue");
    await direct(under.bus);
  });

  test("the virtual host is not there: health and the log say so in words", async () => {
    const rabbit = await shared.clean();
    await using under = await openTestBus(`${rabbit.url}/nope`);
    const words = /the virtual host \\?"nope\\?" does not exist, or the user \\?"guest\\?" may not use it/;
    await eventually(() => words.test(under.bus.health().problems.join()), "the words");
    assert.ok(under.warnings.some((line) => words.test(line)));
    assert.equal(under.bus.health().canAccept, true);
  });

  test("the password is refused: events wait in the spool, health says so without it, and it heals when it is right", async () => {
    const rabbit = await shared.clean();
    await using under = await openTestBus(rabbit.url.replace("guest:guest", "guest:hunter2"));
    await under.bus.publish(eventOf("0:1"));
    const said = () => under.bus.health().problems.join("; ");
    await eventually(
      () => /403 .*ACCESS_REFUSED/.test(said()),
      () => `a problem that says 403: ${said()}`,
    );
    assert.doesNotMatch(said(), /hunter2/);
    await rabbit.rabbitmqctl("change_password", "guest", "hunter2");
    try {
      await direct(under.bus);
    } finally {
      await rabbit.rabbitmqctl("change_password", "guest", "guest");
    }
    await auditInbox(rabbit.url, { acknowledged: [new Set([1])] });
  });

  test("the exchange is deleted (404): it comes back, nothing is missing", async (context) => {
    const rabbit = await shared.clean();
    await using under = await openTestBus(rabbit.url);
    await direct(under.bus);
    await using load = new Load(under.bus);
    await load.flows();
    await asOperator(rabbit.url, (channel) => channel.deleteExchange(names.events));
    await spoolTookOver(under);
    await usedAgain(under);
    await load.stop();
    await direct(under.bus);
    await auditAll(context, under.bus, rabbit.url, load);
  });

  test("the log is deleted (404): it comes back, the inbox has everything, a live tail goes on", async () => {
    const rabbit = await shared.clean();
    await using under = await openTestBus(rabbit.url, { declareEveryMs: 500 });
    await direct(under.bus);
    await using follower = new Follower(under.bus);
    await using load = new Load(under.bus);
    await load.flows();
    await asOperator(rabbit.url, (channel) => channel.deleteQueue(names.log));
    await spoolTookOver(under);
    await usedAgain(under);
    await load.stop();
    await direct(under.bus);
    await auditInbox(rabbit.url, load);
    // Its offsets begin anew, below what the tail had already: what comes now must reach it all the same.
    const later = [new Set(Array.from({ length: 10 }, (_, index) => 1_000_000 + index))];
    for (const number of later[0] ?? []) await under.bus.publish(eventOf(`0:${number}`));
    await follower.check({ acknowledged: later });
  });

  test("the binding of the log is removed: unroutable events wait in the spool until it is back", async () => {
    const rabbit = await shared.clean();
    const topology = { ...testTopology, inbox: [] };
    await using under = await openTestBus(rabbit.url, { topology });
    await direct(under.bus);
    await using load = new Load(under.bus);
    await load.flows();
    await asOperator(rabbit.url, (channel) => channel.unbindQueue(names.log, names.events, "#"));
    await eventually(
      () => under.warnings.some((warning) => warning.includes("unroutable")),
      "the return to be noticed",
    );
    await usedAgain(under);
    await load.stop();
    await direct(under.bus);
    assert.equal(load.refused.size, 0);
    await auditLog(under.bus, load);
  });

  test("the inbox was declared with other arguments (406): events wait in the spool until that is mended", async (context) => {
    const rabbit = await shared.clean();
    await asOperator(rabbit.url, (channel) => channel.assertQueue(names.inbox, { durable: true }));
    await using under = await openTestBus(rabbit.url);
    await using load = new Load(under.bus);
    await eventually(
      () => under.bus.health().problems.some((problem) => problem.includes("406")),
      () => `a problem that says 406: ${under.bus.health().problems.join("; ")}`,
    );
    assert.equal(under.bus.health().canAccept, true);
    await load.flows();
    await asOperator(rabbit.url, (channel) => channel.deleteQueue(names.inbox));
    await usedAgain(under);
    await load.stop();
    await direct(under.bus);
    await auditAll(context, under.bus, rabbit.url, load);
  });

  test("the inbox is full: events wait in the spool, the log gets few repeats, reading it sets everything going", async (context) => {
    const rabbit = await shared.clean();
    const topology = { ...testTopology, inboxMaxBytes: 1 << 20 };
    const windowMessages = 1_024;
    await using under = await openTestBus(rabbit.url, { topology, windowMessages });
    await direct(under.bus);
    await using load = new Load(under.bus);
    const said = () => under.bus.health().problems.join("; ");
    await eventually(() => said().includes("has taken nothing since"), "the refusal to be said");
    const [first] = said().split(";");
    await sleep(3_000);
    assert.equal(said().split(";")[0], first, "since when, and why, does not change with each attempt");
    assert.match(
      said(),
      /nacked, as fairlead.inbox.v1 or another queue bound to fairlead.events does when it is full/,
    );
    assert.equal(under.bus.mode, "spool");
    assert.equal(under.bus.health().canAccept, true);
    let read = 0;
    for await (const _event of under.bus.tail({ after: 0, follow: false })) read++;
    assert.ok(read > 0, "the log can be read to its end meanwhile");
    // The log has once more what was out when the inbox became full, a window at most, then one event for each attempt.
    await eventually(() => load.total > 8 * windowMessages, "a load that is large beside a window");
    await load.stop();
    const inbox = await readInbox(rabbit.url, () => under.bus.mode === "direct");
    await direct(under.bus);
    const log = await auditLog(under.bus, load);
    inbox.check(load);
    load.report(context, { log, inbox });
    assert.ok(log.repeats < load.total / 4, `${log.repeats} repeats for ${load.total} events`);
  });
});
