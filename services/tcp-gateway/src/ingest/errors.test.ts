import assert from "node:assert/strict";
import { test } from "node:test";
import { BusError } from "@fairlead/bus";
import { FairleadError } from "@fairlead/core";
import { toEnding } from "./errors.ts";

test("toEnding() tells a client the code, and no path of this machine", () => {
  const words = "Cannot write to the event log /srv/fairlead/events.db: its disk has no room";
  const unsafe = ["LOG_FULL", "BUS_CLOSED", "BUS_FAILED", "LOG_IN_USE", "LOG_TOO_NEW"] as const;
  const errors = [
    ...unsafe.map((code) => new BusError(code, words)),
    new FairleadError("DATA_DIR_UNUSABLE", words),
    new Error(words),
  ];
  for (const error of errors) {
    const { code, text } = toEnding(error);
    assert.equal(code, error instanceof FairleadError ? error.code : "INTERNAL");
    assert.doesNotMatch(text, /\//);
  }
});

test("toEnding() tells a client what limit its records met", () => {
  const words = "Cannot publish an event: 5 bytes wait to be durable, 4 at most";
  for (const code of ["EVENT_TOO_LARGE", "BUS_OVERLOADED"] as const)
    assert.deepEqual(toEnding(new BusError(code, words)), { code, text: words, reason: "publish-failed" });
});
