import assert from "node:assert/strict";
import { test } from "node:test";
import { createId } from "./id.ts";

test("createId() makes UUIDs of version 7 and variant 10", () => {
  assert.match(createId(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("createId() gives ids in order and never one twice, within a millisecond too", () => {
  const now = Date.now();
  const ids = Array.from({ length: 20_000 }, () => createId(now));
  assert.deepEqual(ids, [...new Set(ids)].sort());
});

test("createId() keeps the order when the clock goes back", () => {
  const later = createId(Date.now() + 1_000);
  assert.ok(createId(Date.now()) > later);
});

test("createId() begins with the time in milliseconds", () => {
  const time = Date.now() + 60_000;
  assert.equal(Number.parseInt(createId(time).replace("-", "").slice(0, 12), 16), time);
});
