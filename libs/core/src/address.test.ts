import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, parseAddress } from "./address.ts";

for (const [text, host, port] of [
  ["192.0.2.1:514", "192.0.2.1", 514],
  ["[2001:db8::1]:0", "2001:db8::1", 0],
  ["example.org:80", "example.org", 80],
] as const) {
  test(`formatAddress() and parseAddress() of ${text}`, () => {
    assert.equal(formatAddress({ host, port }), text);
    assert.deepEqual(parseAddress(text), { host, port });
  });
}

test("formatAddress() writes the path of a Unix socket, and @ for an abstract one", () => {
  assert.equal(formatAddress({ family: "unix", host: "/run/x", port: 0 }), "unix:/run/x");
  assert.equal(formatAddress({ family: "unix", host: "\0x", port: 0 }), "unix:@x");
});

for (const text of ["", "192.0.2.1", "192.0.2.1:65536", "2001:db8::1:5", "a:b:1", "[::1]", "h:-1"]) {
  test(`parseAddress() of ${JSON.stringify(text)} is undefined`, () => {
    assert.equal(parseAddress(text), undefined);
  });
}
