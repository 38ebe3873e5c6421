import assert from "node:assert/strict";
import { test } from "node:test";
import { listenerName } from "./listeners.ts";

test("listenerName() takes 1 to 40 of a-z, 0-9 and hyphen, beginning with a letter", () => {
  const good = ["a", "lines", "syslog-514", "a".repeat(40)];
  const bad = ["", "7000", "-a", "Lines", "a b", "a_b", "a.b", "a".repeat(41), 7, undefined];
  for (const name of good) assert.equal(listenerName().parse(name), name);
  for (const name of bad) {
    const { error } = listenerName().safeParse(name);
    assert.match(error?.issues[0]?.message ?? "", /^must be 1 to 40 of a-z/, String(name));
  }
});
