import assert from "node:assert/strict";
import { test } from "node:test";
import { exchange } from "@fairlead/harness";
import { type CodecName, codecNames } from "@fairlead/socket";
import fc from "fast-check";
import { startGateway } from "./running.ts";

const needed: Partial<Record<CodecName, object>> = { fixed: { frameBytes: "7B" } };

for (const name of codecNames) {
  for (const oversize of ["close", "drop", "truncate"] as const) {
    test(`random bytes on a listener of ${name} with the policy ${oversize} raise nothing but our own answers`, async () => {
      const codec = { name, maxFrameBytes: "64B", oversize, ...needed[name] };
      await using gateway = await startGateway([{ codec: codec as { name: "lines" } }]);
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 3_000 }),
        // Bytes that framings are made of, so that some frames begin.
        fc.array(fc.constantFrom(...Buffer.from('0123456789 ,:\n\r\0\x0b\x1c\x02\x03\x10{}[]"\\abc')), {
          maxLength: 300,
        }),
      );
      await fc.assert(
        fc.asyncProperty(bytes, async (sent) => {
          const before = gateway.bus.records.length;
          const answer = await exchange(gateway.port(), Uint8Array.from(sent));
          assert.match(answer, /^((OK \d+|ERR FRAME_[A-Z_]+ [^\n]*)\n)*$/);
          const last = [...answer.matchAll(/^OK (\d+)$/gm)].at(-1);
          assert.equal(gateway.bus.records.length - before, Number(last?.[1] ?? 0));
        }),
        { numRuns: 25 },
      );
      const of = (metric: string, labels = {}) =>
        gateway.metric(metric, { listener: "listener-0", ...labels });
      const reasons = ["dropped", "frame-too-large", "frame-invalid", "frame-incomplete", "closing"];
      let rejected = 0;
      for (const reason of reasons) rejected += await of("rejected_records_total", { reason });
      const published = await of("published_records_total");
      assert.equal(await of("received_records_total"), published + rejected);
      assert.equal(published, gateway.bus.records.length);
    });
  }
}
