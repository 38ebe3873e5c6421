import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCode, FairleadError, reasonOf, toError, unreachable } from "./errors.ts";

class LogError extends FairleadError {}

test("FairleadError has the name of its class, its code, and says by itself that it is not retryable", () => {
  const error = new LogError("LOG_FULL", "Cannot append: the log is full");
  assert.deepEqual(
    [error.name, error.code, error.retryable, error.data, "cause" in error],
    ["LogError", "LOG_FULL", false, {}, false],
  );
});

test("FairleadError keeps cause and data", () => {
  const cause = new Error("ENOSPC");
  const error = new LogError("LOG_FULL", "Cannot append", { cause, retryable: true, data: { bytes: 1 } });
  assert.deepEqual([error.cause, error.retryable, error.data], [cause, true, { bytes: 1 }]);
});

test("toError() gives an error as it is and makes one of anything else", () => {
  const error = new TypeError("x");
  assert.equal(toError(error), error);
  assert.deepEqual([toError("text").message, toError("text").cause], ["text", "text"]);
  assert.equal(toError(undefined).message, "undefined");
});

test("errorCode() finds the code of ours and of Node's errors only", () => {
  const cases = [
    new LogError("A", "b"),
    Object.assign(new Error(), { code: "ECONNRESET" }),
    { code: 5 },
    null,
    "x",
  ];
  assert.deepEqual(cases.map(errorCode), ["A", "ECONNRESET", undefined, undefined, undefined]);
});

test("reasonOf() writes an error code in lower case with hyphens", () => {
  assert.deepEqual(["FRAME_TOO_LARGE", "INTERNAL"].map(reasonOf), ["frame-too-large", "internal"]);
});

test("unreachable() throws", () => {
  assert.throws(() => unreachable("x" as never), TypeError);
});
