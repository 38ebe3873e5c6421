import assert from "node:assert/strict";
import { test } from "node:test";
import { redactUrls, redactUrlValue } from "./redact-urls.ts";

/** Each secret is "hunter" with the characters that break a URL. */
const urls: readonly (readonly [url: string, shown: string])[] = [
  ["amqp://me:hunter@h:5672/v", "amqp://***@h:5672/v"],
  ["redis://:hun/ter@h/1", "redis://***@h/1"],
  ["redis://:hun#ter@h/1", "redis://***@h/1"],
  ["redis://:hun?ter@h/1", "redis://***@h/1"],
  ["redis://:hun@ter@h/1", "redis://***@h/1"],
  ["redis://hunter@h", "redis://***@h"],
  ["//me:hunter@h/1", "//***@h/1"],
  ["http://h/v1?password=hunter&after=hunter#token=hunter", "http://h/v1?password=***&after=***#token=***"],
  ["redis://h:6379/1", "redis://h:6379/1"],
];

for (const [url, shown] of urls) {
  test(`redactUrls() shows ${shown} of ${url}, alone and in a sentence`, () => {
    assert.equal(redactUrls(url), shown);
    assert.equal(redactUrlValue(url), shown);
    assert.equal(redactUrls(`Cannot dial ${url} in time`), `Cannot dial ${shown} in time`);
  });
}

for (const [value, shown] of [
  ["redis://:hun ter@h", "redis://***@h"],
  ["me:hunter@h:6379", "***@h:6379"],
  ["redis:me:hunter@h", "***@h"],
  ["Questions: ops@example.org", "Questions: ops@example.org"],
  ["127.0.0.1:7001", "127.0.0.1:7001"],
] as const) {
  test(`redactUrlValue() shows ${shown} of ${value}`, () => assert.equal(redactUrlValue(value), shown));
}

test("redactUrls() takes time in proportion to the text", () => {
  redactUrls(`${"a.".repeat(200_000)} ${"x://".repeat(100_000)}`);
});
