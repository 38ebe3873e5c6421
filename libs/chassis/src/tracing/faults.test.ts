import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { eventually, freePort, startOtlpCollector, within } from "@fairlead/harness";
import { startTestTracing } from "../../test/tracing.ts";

type TestTracing = Awaited<ReturnType<typeof startTestTracing>>;

function makeSpans({ tracer }: TestTracing, count: number): void {
  for (let made = 0; made < count; made++) tracer.start("a", { kind: "producer" }).end();
}

async function pending({ meter }: TestTracing): Promise<number> {
  await meter.scrape();
  return meter.value("fairlead_traces_pending_spans");
}

test("Tracer holds a bounded number of spans for a collector that is away, and counts every other", async () => {
  const variables = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
    OTEL_BSP_MAX_QUEUE_SIZE: "100",
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "10",
  };
  const tracing = await startTestTracing(variables, { flushMs: 1_000 });
  try {
    makeSpans(tracing, 10_000);
    assert.equal(await pending(tracing), 110, "a full queue and the batch that is on its way");
    assert.equal(tracing.lost("queue-full"), 9_890);
  } finally {
    await tracing[Symbol.asyncDispose]();
  }
  assert.deepEqual([tracing.sent(), tracing.lost("queue-full"), tracing.lost("not-sent")], [0, 9_890, 110]);
  const warnings = tracing.lines.filter(({ level }) => level === "warn");
  assert.ok(warnings.length <= 2, "one at the first loss, one at the end");
  const told = warnings.reduce((sum, { fields }) => sum + Number(fields["spans"]), 0);
  assert.equal(told, 10_000);
  assert.match(warnings[0]?.message ?? "", /spans lost/);
});

test("Tracing ends within its time when the collector never answers", async () => {
  await using collector = await startOtlpCollector({ intercept: () => true });
  const tracing = await startTestTracing(
    { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "1" },
    { flushMs: 50 },
  );
  makeSpans(tracing, 20);
  await within(tracing[Symbol.asyncDispose](), "the end");
  assert.deepEqual([tracing.sent(), tracing.lost("not-sent")], [0, 20]);
  makeSpans(tracing, 1);
  assert.equal(tracing.lost("not-sent"), 21, "a span behind the end is lost and counted");
});

const answers: [string, number, Record<string, string>, "again" | "lost"][] = [
  ["503 and when to come again", 503, { "retry-after": "0" }, "again"],
  ["429 and when to come again", 429, { "retry-after": "0" }, "again"],
  ["503 and to come again too late", 503, { "retry-after": "3600" }, "lost"],
  ["400", 400, {}, "lost"],
  ["a redirection", 302, { location: "/elsewhere" }, "lost"],
];
for (const [what, status, headers, outcome] of answers) {
  test(`Tracer ${outcome === "again" ? "sends again" : "gives up"} what the collector answers with ${what}`, async () => {
    let refusals = 0;
    const intercept = (response: ServerResponse) => {
      if (++refusals > 2) return false;
      response.writeHead(status, headers).end();
      return true;
    };
    await using collector = await startOtlpCollector({ intercept });
    await using tracing = await startTestTracing({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: "0",
    });
    makeSpans(tracing, 1);
    if (outcome === "again") {
      await within(
        collector.waitFor((spans) => spans.length === 1),
        "the span",
      );
      assert.equal(collector.requests.length, 3);
    } else {
      await tracing[Symbol.asyncDispose]();
      assert.equal(collector.requests.length, 1);
      assert.equal(tracing.lost("not-sent"), 1);
      const [warning] = tracing.lines.filter(({ level }) => level === "warn");
      assert.match(String(warning?.fields["err"]), new RegExp(`the collector answers ${status}`));
    }
  });
}

const strange: [string, (response: ServerResponse) => void, number, number][] = [
  // ExportTraceServiceResponse { partial_success { rejected_spans: 2 } }
  ["refuses two of three", (response) => response.end(Buffer.from([0x0a, 0x02, 0x08, 0x02])), 1, 0],
  ["says something else", (response) => response.end("<html>thank you</html>"), 3, 0],
  ["says too much", (response) => response.end(Buffer.alloc(1 << 20)), 0, 3],
  ["breaks off", (response) => response.destroy(), 0, 3],
];
for (const [what, answer, sent, notSent] of strange) {
  test(`Tracer counts right when the collector ${what}`, async () => {
    await using collector = await startOtlpCollector({
      intercept: (response) => {
        answer(response);
        return true;
      },
    });
    const tracing = await startTestTracing({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: "3600000",
    });
    makeSpans(tracing, 3);
    await tracing[Symbol.asyncDispose]();
    assert.deepEqual(
      [tracing.sent(), tracing.lost("rejected"), tracing.lost("not-sent")],
      [sent, 3 - sent - notSent, notSent],
    );
  });
}

test("Tracer goes on when the collector has come back", async () => {
  const port = await freePort();
  await using tracing = await startTestTracing({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: "100",
    OTEL_BSP_SCHEDULE_DELAY: "0",
  });
  makeSpans(tracing, 1);
  await eventually(() => tracing.lost("not-sent") === 1, "the loss");
  await using collector = await startOtlpCollector({ port });
  // One may still run into the time limit, on a machine that has other work.
  const isThere = () => {
    makeSpans(tracing, 1);
    return collector.spans.length > 0;
  };
  await eventually(isThere, "a span");
});
