import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "@fairlead/core";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import { patientLimits, rawExchange, startTestServer } from "../../test/test-server.ts";
import { isLoopback } from "./access.ts";
import { createHttpServer } from "./server.ts";
import type { Tokens } from "./tokens.ts";

test("isLoopback() knows the addresses and names that stay on this machine", () => {
  for (const host of [
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "[::1]",
    "localhost",
    "LOCALHOST.",
    "x.localhost",
    "::ffff:127.0.0.1",
  ]) {
    assert.ok(isLoopback(host), host);
  }
  for (const host of [
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "128.0.0.1",
    "127.1",
    "::ffff:10.0.0.1",
  ]) {
    assert.ok(!isLoopback(host), host);
  }
});

for (const host of ["0.0.0.0", "::", "192.0.2.1", "fairlead.example"]) {
  test(`createHttpServer() refuses to listen on ${host} without tokens`, () => {
    const options = {
      host,
      port: 0,
      tokens: undefined,
      limits: patientLimits,
      logger: silentLogger,
      meter: new MemoryMeter(),
    };
    assert.throws(() => createHttpServer(options), {
      code: "TOKENS_NEEDED",
      message: /FAIRLEAD_TOKENS_FILE/,
    });
  });
}

const serve = (tokens?: Tokens) =>
  startTestServer(
    (router, root) => {
      const responses = {};
      router.add({
        method: "GET",
        path: "/data",
        summary: "x",
        scope: "data:read",
        responses,
        handle: ({ principal }) => ({ status: 200, body: principal.name }),
      });
      router.add({
        method: "POST",
        path: "/data",
        summary: "x",
        scope: "data:write",
        responses,
        handle: () => ({ status: 204 }),
      });
      root.add({
        method: "GET",
        path: "/open",
        summary: "x",
        scope: undefined,
        responses,
        handle: () => ({ status: 204 }),
      });
    },
    tokens ? { tokens } : {},
  );

/** fetch does not let us choose Host, Origin or Sec-Fetch-Site, as a browser does not let a page. */
function raw(port: number, headers: Record<string, string>, path = "/v1/data"): Promise<string> {
  const lines = Object.entries({ connection: "close", ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return rawExchange(port, [`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`]);
}

for (const [what, headers, status] of [
  ["localhost", { host: "localhost:7000" }, 200],
  ["127.0.0.1", { host: "127.0.0.1" }, 200],
  ["[::1]", { host: "[::1]:7000" }, 200],
  [
    "its own origin",
    { host: "localhost:7000", origin: "http://localhost:7000", "sec-fetch-site": "same-origin" },
    200,
  ],
  ["an address that was typed in", { host: "localhost:7000", "sec-fetch-site": "none" }, 200],
  ["a name that was bound again to 127.0.0.1", { host: "evil.example:7000" }, 403],
  ["a name that looks like loopback", { host: "localhost.evil.example" }, 403],
  ["a host with a user", { host: "localhost@evil.example" }, 403],
  ["an empty host", { host: "" }, 403],
  ["a foreign page", { host: "localhost:7000", origin: "https://evil.example" }, 403],
  ["a page of another local port", { host: "localhost:7000", origin: "http://localhost:3000" }, 403],
  ["a sandboxed page", { host: "localhost:7000", origin: "null" }, 403],
  ["an image in a foreign page", { host: "localhost:7000", "sec-fetch-site": "cross-site" }, 403],
  ["a page of a sibling site", { host: "localhost:7000", "sec-fetch-site": "same-site" }, 403],
] as const) {
  test(`the server without tokens answers ${what} with ${status}`, async () => {
    await using server = await serve();
    assert.match(await raw(server.port, headers), new RegExp(`^HTTP/1.1 ${status} `));
    // Health and unknown paths are no way around it.
    if (status === 403) {
      assert.match(await raw(server.port, headers, "/open"), /^HTTP\/1.1 403 /);
      assert.match(await raw(server.port, headers, "/nowhere"), /^HTTP\/1.1 403 /);
    }
  });
}

const tokens: Tokens = {
  async authenticate(token) {
    if (token === "expired") return { status: "expired" };
    if (token === "reader") return { status: "known", principal: { name: "dash", scopes: ["data:read"] } };
    if (token === "root") return { status: "known", principal: { name: "ops", scopes: ["admin"] } };
    return { status: "unknown" };
  },
};

for (const [method, authorization, status, code, challenge] of [
  ["GET", "Bearer reader", 200, undefined, undefined],
  ["GET", "bearer reader", 200, undefined, undefined],
  ["POST", "Bearer root", 204, undefined, undefined],
  ["GET", undefined, 401, "TOKEN_MISSING", 'Bearer realm="fairlead"'],
  ["GET", "Bearer nobody", 401, "TOKEN_INVALID", /error="invalid_token"/],
  ["GET", "Bearer expired", 401, "TOKEN_EXPIRED", /error_description="it has expired"/],
  ["GET", "Basic cmVhZGVyOg==", 401, "TOKEN_INVALID", /error="invalid_token"/],
  ["GET", "Bearer", 401, "TOKEN_INVALID", /error="invalid_token"/],
  ["GET", `Bearer ${"x".repeat(600)}`, 401, "TOKEN_INVALID", /error="invalid_token"/],
  ["POST", "Bearer reader", 403, "SCOPE_MISSING", /error="insufficient_scope", scope="data:write"/],
] as const) {
  test(`the server with tokens answers ${method} with ${authorization?.slice(0, 20)} with ${status}`, async () => {
    await using server = await serve(tokens);
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`${server.url}/v1/data`, { method, headers });
    assert.equal(response.status, status);
    const text = await response.text();
    if (code !== undefined) assert.equal(JSON.parse(text).code, code);
    const header = response.headers.get("www-authenticate");
    if (challenge instanceof RegExp) assert.match(header ?? "", challenge);
    else assert.equal(header, challenge ?? null);
  });
}

test("the server with tokens answers open routes to everybody, under any name", async () => {
  await using server = await serve(tokens);
  assert.match(await raw(server.port, { host: "fairlead.example" }, "/open"), /^HTTP\/1.1 204 /);
});

test("the server does not read the body of a client that may not write", async () => {
  await using server = await serve(tokens);
  const head =
    "POST /v1/data HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n";
  assert.match(await rawExchange(server.port, [head]), /^HTTP\/1.1 401 /);
});
