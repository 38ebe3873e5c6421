import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addressBytes, addressText } from "./address-bytes.ts";

describe("addressBytes() and addressText()", () => {
  for (const [text, hex, canonical = text] of [
    ["192.0.2.1", "c0000201"],
    ["0.0.0.0", "00000000"],
    ["::", "00".repeat(16)],
    ["::1", `${"00".repeat(15)}01`],
    ["2001:db8::", `20010db8${"00".repeat(12)}`],
    ["2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001"],
    ["2001:DB8:0:0:1:0:0:1", "20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
    ["::ffff:192.0.2.1", `${"00".repeat(10)}ffffc0000201`],
    ["::ffff:c000:201", `${"00".repeat(10)}ffffc0000201`, "::ffff:192.0.2.1"],
    ["fe80::1%eth0", `fe80${"00".repeat(13)}01`, "fe80::1"],
  ] as const) {
    test(`of ${text}`, () => {
      assert.equal(addressBytes(text).toString("hex"), hex);
      assert.equal(addressText(addressBytes(text)), canonical);
    });
  }

  for (const text of ["", "localhost", "/run/app.sock", "192.0.2", "192.0.2.256", "::g"]) {
    test(`of ${JSON.stringify(text)}, no IP address, are none`, () => {
      assert.equal(addressBytes(text).length, 0);
    });
  }

  test("stay right after more addresses than are remembered", () => {
    for (let host = 0; host < 10_000; host++) {
      const text = `10.0.${host >> 8}.${host & 255}`;
      assert.equal(addressText(addressBytes(text)), text);
    }
  });
});
