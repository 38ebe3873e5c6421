import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { ConfigError } from "./errors.ts";
import { parseConfig } from "./load.ts";
import { port, section } from "./value-types.ts";

const schema = section({
  http: section({ port: port(7000) }),
  redis: section({ url: z.string().default("") }),
});
const parse = (text: string) => parseConfig({ schema, text, source: "f.yaml", env: {}, readFile: () => "" });

for (const [what, text, expected] of [
  ["a syntax error", "http: [1, 2", /line 1, column \d+: /],
  ["a key that stands twice", "http: {}\nhttp: {}", /line 2, column 1: Map keys must be unique/],
  ["two documents", "a: 1\n---\nb: 2", /multiple documents/i],
  ["a list at the top", "- 1", /must be a map of sections/],
  ["text at the top", "hello", /must be a map of sections/],
  ["an alias that holds itself", "http: &a [*a]", /nested deeper than 64/],
  ["a billion laughs", laughs(), /cannot be read as YAML: .*alias/],
  ["nesting without end", `http: ${"[".repeat(50_000)}`, /Cannot use f.yaml/],
  ["an unknown tag", "http: !!js/function x", /a tag is not known/],
  ["more than a megabyte", `# ${"x".repeat(1024 * 1024)}`, /must have at most 1048576/],
  [
    "an open reference",
    `redis: { url: '\${A' }`,
    /redis.url has a \$\{ without the name of a variable behind it: write/,
  ],
  ["the key __proto__", "__proto__: { port: 1 }", /__proto__ is not known/],
] as const) {
  test(`parseConfig() refuses ${what} with a ConfigError`, () => {
    assert.throws(
      () => parse(text),
      (error: unknown) => error instanceof ConfigError && expected.test(error.message),
    );
  });
}

function laughs(): string {
  const lines = ["a0: &a0 [x]"];
  for (let i = 1; i < 12; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(",")}]`,
    );
  return lines.join("\n");
}

test("parseConfig() raises nothing but ConfigError for any text", () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "http:",
      "  port: 1",
      "- a",
      "&a *a",
      "? :",
      "{",
      "}",
      "[",
      "!!x y",
      '"',
      "|",
      `\${A`,
      "<<: *a",
    ),
  );
  const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join("\n"));
  const json = fc.json();
  fc.assert(
    fc.property(fc.oneof(text, json), (written) => {
      try {
        parse(written);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        for (const { line, column } of error.issues) {
          assert.ok(line === undefined || (line >= 1 && (column ?? 0) >= 1));
        }
      }
    }),
    { numRuns: 500 },
  );
});
