import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Fifo } from "./fifo.ts";

test("Fifo does what an array does", () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ push: fc.integer() }) },
      { weight: 5, arbitrary: fc.constant("shift" as const) },
      { weight: 1, arbitrary: fc.record({ prepend: fc.array(fc.integer()) }) },
      { weight: 1, arbitrary: fc.constant("clear" as const) },
    ),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const fifo = new Fifo<number>();
      let model: number[] = [];
      for (const step of all) {
        if (step === "clear") {
          fifo.clear();
          model = [];
        } else if (step === "shift") assert.equal(fifo.shift(), model.shift());
        else if ("push" in step) {
          fifo.push(step.push);
          model.push(step.push);
        } else {
          fifo.prepend(step.prepend);
          model.unshift(...step.prepend);
        }
        assert.equal(fifo.length, model.length);
        assert.equal(fifo.peek(), model[0]);
      }
    }),
  );
});
