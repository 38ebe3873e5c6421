import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBus } from "@fairlead/bus/memory";
import { createEvent } from "@fairlead/contracts";
import { FairleadError, noTracer } from "@fairlead/core";
import { MemoryTracer } from "@fairlead/core/memory-tracer";
import { textEvent } from "../test/test-engine.ts";
import { traceBus } from "./trace-bus.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

const published = (bus: MemoryBus) => bus.attempts.map(({ event }) => event);

test("traceBus() is the bus itself when nothing is traced", () => {
  const bus = new MemoryBus();
  assert.equal(traceBus(bus, noTracer), bus);
});

test("traceBus() makes one span of a batch and gives the event its traceparent", async () => {
  const bus = new MemoryBus();
  const tracer = new MemoryTracer();
  const event = createEvent({
    type: "dev.fairlead.tcp.records",
    source: "/tcp-gateway/i/lines",
    subject: "c-1",
    datacontenttype: "application/vnd.fairlead.lines",
    data: Buffer.from("a\nb\n"),
    extensions: { recordcount: 2, firstseq: 1 },
  });
  await traceBus(bus, tracer).publish(event);
  const [span, ...others] = tracer.spans;
  assert.ok(span && others.length === 0);
  assert.deepEqual(published(bus), [
    { ...event, extensions: { recordcount: 2, firstseq: 1, traceparent: span.traceparent } },
  ]);
  assert.equal(published(bus)[0]?.data, event.data, "the same bytes");
  assert.deepEqual(event.extensions, { recordcount: 2, firstseq: 1 }, "the caller's event is as it was");
  assert.deepEqual(span, {
    name: "publish tcp.records",
    kind: "producer",
    parent: undefined,
    traceparent: span.traceparent,
    ends: 1,
    attributes: {
      "messaging.system": "fairlead",
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "messaging.destination.name": "tcp.records",
      "messaging.message.id": event.id,
      "messaging.message.body.size": 4,
      "cloudevents.event_source": "/tcp-gateway/i/lines",
      "cloudevents.event_subject": "c-1",
      "fairlead.record.count": 2,
    },
  });
});

test("traceBus() leaves an event with a traceparent as it is, and makes it the parent", async () => {
  const bus = new MemoryBus();
  const tracer = new MemoryTracer();
  const event = { ...textEvent("x"), extensions: { traceparent } };
  await traceBus(bus, tracer).publish(event);
  assert.equal(published(bus)[0], event);
  assert.equal(tracer.spans[0]?.parent, traceparent);
});

for (const strange of ["00-1", "", 7, true]) {
  test(`traceBus() puts its own in the place of the traceparent ${JSON.stringify(strange)}`, async () => {
    const bus = new MemoryBus();
    const tracer = new MemoryTracer();
    await traceBus(bus, tracer).publish({ ...textEvent("x"), extensions: { traceparent: strange } });
    assert.equal(tracer.spans[0]?.parent, undefined);
    assert.equal(published(bus)[0]?.extensions["traceparent"], tracer.spans[0]?.traceparent);
  });
}

test("traceBus() ends the span when the event is durable, and with the error when it is refused", async () => {
  const full = new FairleadError("LOG_FULL", "Cannot publish: full", { retryable: true });
  const bus = new MemoryBus();
  bus.hold();
  const tracer = new MemoryTracer();
  const traced = traceBus(bus, tracer);
  const first = traced.publish(textEvent("x"));
  const second = traced.publish(textEvent("y"));
  bus.attempts[1]!.refuse(full);
  await assert.rejects(second, (error) => error === full);
  const [one, two] = tracer.spans;
  assert.deepEqual([one?.ends, two?.ends, two?.error], [0, 1, full]);
  bus.attempts[0]!.confirm();
  await first;
  assert.deepEqual([one?.ends, one?.error], [1, undefined]);
});

test("traceBus() publishes in the order of the calls and passes everything else on", async () => {
  const bus = new MemoryBus();
  const traced = traceBus(bus, new MemoryTracer());
  const texts = ["a", "b", "c"];
  const all = texts.map((text) => traced.publish(textEvent(text)));
  const inOrder = () => published(bus).map(({ data }) => String(data));
  assert.deepEqual(inOrder(), texts, "before any of them is done");
  await Promise.all(all);
  const tailed: string[] = [];
  for await (const { event } of traced.tail({ after: 0, follow: false })) tailed.push(String(event.data));
  assert.deepEqual(tailed, texts);
  assert.deepEqual(traced.health(), bus.health());
  await traced[Symbol.asyncDispose]();
  assert.equal(bus.health().canAccept, false);
});
