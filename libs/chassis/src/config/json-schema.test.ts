import assert from "node:assert/strict";
import { test } from "node:test";
import { configJsonSchema } from "./json-schema.ts";
import { bytes, port, secret, section } from "./value-types.ts";

test("configJsonSchema() carries sentences and defaults, and lets a reference stand for a number", () => {
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
