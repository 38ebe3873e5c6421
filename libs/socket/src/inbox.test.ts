import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Inbox } from "./inbox.ts";

type Step = { append: Uint8Array } | { take: number };

const steps = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 3_000 }).map((append): Step => ({ append })),
    fc.nat(4_000).map((take): Step => ({ take })),
  ),
);

test("Inbox gives the bytes that it took, in order, and never changes what it gave", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const inbox = new Inbox();
      const given: { view: Buffer; copy: Buffer }[] = [];
      const appended: Uint8Array[] = [];
      for (const step of all) {
        if ("append" in step) {
          inbox.append(Buffer.from(step.append));
          appended.push(step.append);
        } else {
          const view = inbox.take(step.take);
          assert.ok(view.length <= step.take);
          given.push({ view, copy: Buffer.from(view) });
        }
      }
      const rest = inbox.take(inbox.length);
      assert.equal(inbox.length, 0);
      for (const { view, copy } of given) assert.ok(view.equals(copy));
      assert.ok(Buffer.concat([...given.map(({ view }) => view), rest]).equals(Buffer.concat(appended)));
    }),
  );
});

test("Inbox.indexOf() looks at what is left, from where it is told", () => {
  const inbox = new Inbox();
  assert.equal(inbox.indexOf(Buffer.from("\n"), 0), -1);
  inbox.append(Buffer.from("ab\ncd"));
  inbox.append(Buffer.from("\ne"));
  assert.equal(inbox.indexOf(Buffer.from("\n"), 0), 2);
  assert.equal(inbox.indexOf(Buffer.from("\n"), 3), 5);
  inbox.take(3);
  assert.equal(inbox.indexOf(Buffer.from("\n"), 0), 2);
});
