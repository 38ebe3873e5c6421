import assert from "node:assert/strict";
import { test } from "node:test";
import { redact } from "./schema.ts";
import { count, secret, section } from "./value-types.ts";

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
