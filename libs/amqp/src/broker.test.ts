import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connectFailure, parseBroker } from "./broker.ts";

describe("parseBroker()", () => {
  for (const version of ["3.10.0", "3.10.8", "3.13.7", "4.0.5", "4.3.0-rc.1", "10.0.0"])
    test(`takes RabbitMQ ${version}`, () => {
      assert.deepEqual(parseBroker({ product: "RabbitMQ", version }), { version });
    });

  for (const [product, version] of [
    ["RabbitMQ", "3.9.29"],
    ["RabbitMQ", "2.99.0"],
    ["RabbitMQ", ""],
    ["LavinMQ", "4.0.0"],
  ] as const)
    test(`refuses ${product} ${version || "of unknown version"}`, () => {
      const message = /Cannot use the broker .*: RabbitMQ 3.10 or newer is needed/;
      assert.throws(() => parseBroker({ product, version }), { code: "AMQP_FAILED", message });
    });

  test("reads what some clients get as bytes, and refuses a broker that says nothing", () => {
    const bytes = { product: Buffer.from("RabbitMQ"), version: Buffer.from("3.13.0") };
    assert.deepEqual(parseBroker(bytes), { version: "3.13.0" });
    assert.throws(() => parseBroker({}), { message: /broker of unknown make:/ });
  });
});

describe("connectFailure()", () => {
  const refused = new Error("Expected ConnectionOpenOk; got <ConnectionClose channel:0>");
  for (const [url, said] of [
    [
      "amqp://guest:guest@h/nope",
      'the virtual host "nope" does not exist, or the user "guest" may not use it',
    ],
    ["amqp://a%40b:secret@h", 'the virtual host "/" does not exist, or the user "a@b" may not use it'],
    ["amqp://h/%2Fx", 'the virtual host "/x" does not exist, or the user "guest" may not use it'],
  ] as const)
    test(`says which virtual host of ${url}`, () => assert.equal(connectFailure(url, refused), said));

  test("leaves any other reason as it is", () => {
    const other = "connect ECONNREFUSED 127.0.0.1:5672";
    assert.equal(connectFailure("amqp://h", new Error(other)), other);
  });
});
