import assert from "node:assert/strict";
import { test } from "node:test";
import { parseReadiness } from "./running.ts";

for (const [what, text, expected] of [
  ["a ready one", "ok\nbus ok\n", [{ subject: "it", status: "ok", words: "ready" }]],
  [
    "a part that is not well",
    "degraded\nbus degraded\n  the disk is nearly full\nstate ok\n",
    [{ subject: "it, bus", status: "warning", words: "the disk is nearly full" }],
  ],
  [
    "a status whose words need a token",
    "failed\n",
    [
      {
        subject: "it",
        status: "fault",
        words: "failed",
        advice: "give a token with metrics:read to see why",
      },
    ],
  ],
  ["something else", "<html>", []],
] as const) {
  test(`parseReadiness() finds of ${what} what it says`, () => {
    assert.deepEqual(parseReadiness(text, "it"), expected);
  });
}
