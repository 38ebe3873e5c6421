import assert from "node:assert/strict";
import { test } from "node:test";
import { awkwardNames, longTtlMs, type OpenSubject, shortTtlMs } from "./subject.ts";

export function valuesContract(open: OpenSubject): void {
  test("get() gives what was set, of every JSON type, to every instance", async () => {
    await using subject = await open();
    const { first, second } = subject;
    for (const value of [null, true, 0, -1.5, "", "日本 🧷", [], [1, [2]], {}, { a: { b: null } }]) {
      await first.values.set("key", value, longTtlMs);
      assert.deepEqual(await second.values.get("key"), value);
    }
    assert.equal(await first.values.get("never set"), undefined);
  });

  test("a value is gone after its time; setting it again gives it the new time", async () => {
    await using subject = await open();
    const { values } = subject.first;
    await values.set("short", 1, shortTtlMs);
    await values.set("longer", 1, shortTtlMs);
    await values.set("longer", 2, longTtlMs);
    await subject.pass(shortTtlMs + 50);
    assert.equal(await values.get("short"), undefined);
    assert.equal(await values.delete("short"), false);
    assert.equal(await values.get("longer"), 2);
  });

  test("delete() says true to one of those who delete, and harms nothing when repeated", async () => {
    await using subject = await open();
    const { first, second } = subject;
    await first.values.set("token", "once", longTtlMs);
    const deletes = Array.from({ length: 20 }, (_, i) => (i % 2 ? first : second).values.delete("token"));
    assert.equal((await Promise.all(deletes)).filter(Boolean).length, 1);
    assert.equal(await first.values.get("token"), undefined);
  });

  test("values survive a crash", async () => {
    await using subject = await open();
    await subject.first.values.set("key", { kept: true }, longTtlMs);
    await subject.restart();
    assert.deepEqual(await subject.first.values.get("key"), { kept: true });
  });

  test("keys that look alike are different; 64 KiB fit, one more byte does not", async () => {
    await using subject = await open();
    const { values } = subject.first;
    for (const key of awkwardNames) await values.set(key, key, longTtlMs);
    for (const key of awkwardNames) assert.equal(await values.get(key), key);
    const largest = "x".repeat(64 * 1_024 - 2);
    await values.set("large", largest, longTtlMs);
    assert.equal(await values.get("large"), largest);
    await assert.rejects(values.set("large", `${largest}x`, longTtlMs), { code: "VALUE_TOO_LARGE" });
    await assert.rejects(values.set("nothing", undefined, longTtlMs), { code: "INVALID_ARGUMENT" });
  });

  test("a closed state says so", async () => {
    const subject = await open();
    const { values } = subject.first;
    await subject[Symbol.asyncDispose]();
    await assert.rejects(values.get("key"), { code: "STATE_CLOSED", retryable: false });
  });
}
