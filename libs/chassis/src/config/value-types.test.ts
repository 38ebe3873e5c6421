import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import {
  bytes,
  cidr,
  count,
  duration,
  flag,
  host,
  port,
  ratePerSecond,
  secret,
  section,
} from "./value-types.ts";

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

for (const [name, type] of Object.entries({
  bytes: bytes(),
  duration: duration(),
  port: port(),
  count: count(),
  ratePerSecond: ratePerSecond(),
  host: host(),
  flag: flag(),
})) {
  test(`${name}() without a default must be given, and may be left out when it is optional`, () => {
    assert.ok(!type.safeParse(undefined).success);
    assert.equal(type.optional().parse(undefined), undefined);
    const keys = section({ key: type.optional() });
    assert.deepEqual(keys.parse(undefined), {});
  });
}

/** The compiler's part of the promise: `.optional()` behind a default would do nothing, so it cannot be called. */
const refusesOptional = <Type extends z.ZodType>(
  _: Type,
  isRefused: [Type["optional"]] extends [never] ? true : false,
) => isRefused;

test("a type with a default has no optional(), also behind describe()", () => {
  assert.ok(refusesOptional(port(7000), true));
  assert.ok(refusesOptional(count(1).describe("One."), true));
  assert.ok(refusesOptional(bytes("1KiB"), true));
  assert.ok(refusesOptional(host("::"), true));
  assert.ok(refusesOptional(flag(false), true));
  assert.ok(refusesOptional(section({}), true));
  assert.ok(!refusesOptional(port(), false));
});
