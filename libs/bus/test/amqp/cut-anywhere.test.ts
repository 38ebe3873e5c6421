/** A connection may be lost at any byte: before, in and behind each answer of the broker. Nothing may wait for ever then. */

import { after, before, describe, test } from "node:test";
import { cutAnywhere, rabbitMissing, skipOrFail, startRabbit, type TestRabbit } from "@fairlead/harness";
import { eventOf, openTestBus } from "./rabbit.ts";

describe("the log, cut at any place", { skip: skipOrFail(rabbitMissing()) }, () => {
  let rabbit: TestRabbit;
  before(async () => {
    rabbit = await startRabbit();
  });
  after(() => rabbit?.[Symbol.asyncDispose]());

  test("publish() and tail() of the log go on", async (t) => {
    let published = 0;
    // From where anybody has read to: the log grows faster than the places move.
    let read = 0;
    const places = await cutAnywhere(rabbit.port, async (url) => {
      await using under = await openTestBus(url, {
        reconnectMinMs: 5,
        reconnectMaxMs: 20,
        declareEveryMs: 20,
      });
      const id = `event-${published++}`;
      const stop = new AbortController();
      const tailing = under.bus.tail({ after: read, signal: stop.signal });
      await under.bus.publish(eventOf(id));
      for await (const { event, offset } of tailing) {
        read = Math.max(read, offset);
        if (event.id === id) break;
      }
      stop.abort();
    });
    t.diagnostic(`cut at ${places} places`);
  });
});
