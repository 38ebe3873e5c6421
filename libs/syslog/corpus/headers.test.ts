import assert from "node:assert/strict";
import { test } from "node:test";
import { misreadings, readShapes } from "./headers.ts";

test("the corpus has at least 150 shapes, and no shape twice", () => {
  const sent = readShapes().map((shape) => shape.sent);
  assert.ok(sent.length >= 150, String(sent.length));
  assert.equal(new Set(sent).size, sent.length);
});

test("parseSyslog() reads every shape of the corpus right", () => {
  const wrong = readShapes().flatMap((shape) => {
    const read = misreadings(shape);
    return Object.keys(read).length === 0 ? [] : [{ sent: shape.sent, right: shape.right, read }];
  });
  assert.deepEqual(wrong, []);
});
