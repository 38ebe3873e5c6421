/** Every answer that is a problem has the form that the schema of libs/contracts promises. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { problemSchema } from "@fairlead/contracts";
import { exchange } from "@fairlead/harness";
import { z } from "zod";
import { startTestEngine } from "../test/test-engine.ts";
import type { ServiceDefinition } from "./service.ts";

const configSchema = z.strictObject({});

const echo: ServiceDefinition<typeof configSchema, ["bus"]> = {
  name: "http-fetcher",
  configSchema,
  needs: ["bus"],
  plan: () => ({ sockets: [], connections: 0, eventTypes: [] }),
  async open({ router }) {
    router.add({
      method: "POST",
      path: "/spec",
      summary: "Take a spec",
      scope: "test:write",
      body: z.strictObject({ spec: z.strictObject({ url: z.string() }) }),
      responses: { 204: { description: "Taken." } },
      handle: () => ({ status: 204 }),
    });
    return { endpoints: [], checks: [], async drain() {}, async [Symbol.asyncDispose]() {} };
  },
};

const post = (body: string) => ({ method: "POST", headers: { "content-type": "application/json" }, body });

for (const [what, path, init, errors] of [
  ["a wrong body", "/spec", post('{"spec":{"url":5}}'), [{ pointer: "#/spec/url", detail: "must be text" }]],
  [
    "a wrong query",
    "/events?after=x",
    {},
    [{ parameter: "after", detail: 'must be an offset from 0, or "end"' }],
  ],
  ["no JSON", "/spec", post("{"), undefined],
  ["an unknown path", "/nowhere", {}, undefined],
  ["a wrong method", "/spec", { method: "DELETE" }, undefined],
] as const) {
  test(`problemSchema parses all of what is served for ${what}`, async () => {
    await using engine = await startTestEngine([echo]);
    const response = await fetch(`${engine.url}/v1${path}`, init);
    const served: unknown = await response.json();
    const problem = problemSchema.parse(served);
    assert.deepEqual(problem, served);
    assert.equal(problem.status, response.status);
    assert.equal(problem.requestId, response.headers.get("x-request-id"));
    assert.deepEqual(problem.errors, errors);
  });
}

test("problemSchema parses what is served below HTTP", async () => {
  await using engine = await startTestEngine();
  const answer = await exchange(Number(new URL(engine.url).port), "nonsense\r\n\r\n");
  const served: unknown = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
  assert.deepEqual(problemSchema.parse(served), served);
});
