import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { configJsonSchema, undescribedKeys } from "./json-schema.ts";
import { nearMiss } from "./near-miss.ts";
import { redact } from "./schema.ts";
import { substitute } from "./substitute.ts";
import { bytes, cidr, count, duration, flag, host, port, ratePerSecond, secret, section } from "./types.ts";

const cases: readonly [string, z.ZodType, readonly [unknown, unknown][], readonly unknown[]][] = [
  [
    "bytes",
    bytes(),
    [
      ["64KiB", 65536],
      ["1 MB", 1e6],
      ["1B", 1],
    ],
    ["0B", "64", 64, "64 kib", "-1B", "9999999TiB", null],
  ],
  [
    "bytes with limits",
    bytes("2KiB", { min: "1KiB", max: "3KiB" }),
    [
      [undefined, 2048],
      ["3KiB", 3072],
    ],
    ["1B", "4KiB"],
  ],
  ["bytes from 0", bytes("0B", { min: "0B" }), [["0B", 0]], ["-1B"]],
  [
    "duration",
    duration("5s"),
    [
      [undefined, 5000],
      ["1.5s", 1500],
      ["2d", 172_800_000],
    ],
    ["0s", "5", 5, "5 sec", ""],
  ],
  [
    "port",
    port(7000),
    [
      [undefined, 7000],
      [0, 0],
      ["65535", 65535],
    ],
    [-1, 65536, 1.5, "x", "1e3", true, null],
  ],
  [
    "count",
    count(3, { max: 9 }),
    [
      [undefined, 3],
      [9, 9],
      [" 4 ", 4],
    ],
    [0, 10, 1.5, "", Number.NaN],
  ],
  [
    "ratePerSecond",
    ratePerSecond(5),
    [
      [0.1, 0.1],
      ["2.5", 2.5],
    ],
    [0, -1, Number.POSITIVE_INFINITY, "fast"],
  ],
  [
    "flag",
    flag(true),
    [
      [undefined, true],
      ["false", false],
      [true, true],
    ],
    ["yes", 1, ""],
  ],
  [
    "host",
    host("::"),
    [
      ["127.0.0.1", "127.0.0.1"],
      ["fe80::1", "fe80::1"],
      ["a-b.example", "a-b.example"],
      ["my_host", "my_host"],
    ],
    ["", "a b", "1.2.3", "256.1.1.1", "[::1]", "h:80", "-a", "a..b", `${"a".repeat(64)}.x`],
  ],
  [
    "cidr",
    cidr(),
    [
      ["10.0.0.0/8", "10.0.0.0/8"],
      ["fd00::/8", "fd00::/8"],
      ["1.2.3.4", "1.2.3.4"],
      ["::/0", "::/0"],
    ],
    ["10.0.0.0/33", "::/129", "10.0.0/8", "1.2.3.4/", "1.2.3.4/8/8", "x", 5],
  ],
  ["secret", secret(), [["x", "x"]], ["", 5]],
];

for (const [name, type, good, bad] of cases) {
  test(`${name}() takes what it should and refuses the rest with "must ..."`, () => {
    for (const [input, output] of good) assert.equal(type.parse(input), output, String(input));
    for (const input of bad) {
      const result = type.safeParse(input);
      assert.ok(!result.success, `took ${JSON.stringify(input)}`);
      assert.match(result.error.issues[0]?.message ?? "", /^must /);
    }
  });
}

test("substitute() replaces references once and reports what it cannot", () => {
  const env: Record<string, string> = { A: "1", EMPTY: "", REF: `\${A}` };
  const lookUp = (name: string) => env[name];
  for (const [text, expected, problems] of [
    [`a \${A} b \${A}`, "a 1 b 1", 0],
    [`\${EMPTY}`, "", 0],
    [`\${EMPTY:-x}`, "x", 0],
    [`\${NO:-}`, "", 0],
    [`\${NO:-a:-b}`, "a:-b", 0],
    [`\${REF}`, `\${A}`, 0],
    [`$\${A} $A $`, `\${A} $A $`, 0],
    [`\${NO}`, `\${NO}`, 1],
    [`\${A B}\${`, `\${A B}\${`, 2],
  ] as const) {
    const result = substitute(text, lookUp);
    assert.equal(result.text, expected);
    assert.equal(result.problems.length, problems, text);
  }
});

test("nearMiss() finds typing errors and nothing far-fetched", () => {
  const known = ["port", "host", "maxConnections", "idle"];
  for (const [word, expected] of [
    ["prot", "port"],
    ["maxConections", "maxConnections"],
    ["MaxConnections", "maxConnections"],
    ["hots", "host"],
    ["colour", undefined],
    ["", undefined],
  ] as const) {
    assert.equal(nearMiss(word, known), expected, word);
  }
});

test("redact() hides marked, named and embedded secrets, also in unions, lists and unknown keys", () => {
  const schema = section({
    list: section({ key: secret() }).array().default([]),
    any: secret().or(count(1)).optional(),
  });
  assert.deepEqual(
    redact(schema, {
      list: [{ key: "a" }],
      any: "x",
      password: "b",
      tokensFile: "/run/tokens",
      unknown: { url: "amqp://u:p@h", accessToken: "c", n: 5 },
    }),
    {
      list: [{ key: "***" }],
      any: "***",
      password: "***",
      tokensFile: "/run/tokens",
      unknown: { url: "amqp://***@h", accessToken: "***", n: 5 },
    },
  );
});

test(`configJsonSchema() carries sentences and defaults, and lets \${NAME} stand for a number`, () => {
  const schema = section({
    port: port(7001).describe("Where."),
    size: bytes("1KiB").describe("How much."),
    key: secret().optional().describe("Hidden."),
  });
  const json = configJsonSchema(schema, "T");
  assert.equal(json.title, "T");
  assert.equal(json.additionalProperties, false);
  const reference = { type: "string", pattern: "\\$\\{" };
  assert.deepEqual(json.properties?.["port"], {
    anyOf: [{ type: "integer", minimum: 0, maximum: 65535 }, reference],
    description: "Where.",
    default: 7001,
  });
  assert.deepEqual(json.properties?.["key"], {
    type: "string",
    minLength: 1,
    writeOnly: true,
    description: "Hidden.",
  });
});

test("undescribedKeys() names the keys without a sentence", () => {
  const inner = section({ a: count(1).describe("A."), b: count(1) });
  assert.deepEqual(undescribedKeys(section({ s: inner.describe("S."), l: inner.array().default([]) })), [
    "s.b",
    "l",
    "l[].b",
  ]);
});
