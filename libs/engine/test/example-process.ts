/** A process with one small service, for the black-box tests: what a service's src/main.ts looks like. */
import { section } from "@fairlead/chassis";
import { createEvent } from "@fairlead/contracts";
import { runProcess, type ServiceDefinition } from "@fairlead/engine";
import { z } from "zod";

const configSchema = section({
  pending: z.int().min(0).default(0).describe("Events that are published only by the drain."),
  stuck: z.boolean().default(false).describe("Never end the drain."),
});

const example: ServiceDefinition<typeof configSchema, ["bus"]> = {
  name: "http-fetcher",
  configSchema,
  needs: ["bus"],
  plan: () => ({ sockets: [], connections: 0, eventTypes: ["example.said"] }),
  async open({ config, bus, router, instance }) {
    const publish = (text: string) =>
      bus.publish(
        createEvent({
          source: `/example/${instance}`,
          type: "dev.fairlead.example.said",
          datacontenttype: "text/plain",
          data: Buffer.from(text),
        }),
      );
    router.add({
      method: "POST",
      path: "/say",
      summary: "Publish an event",
      scope: "example:write",
      body: z.strictObject({ text: z.string() }),
      responses: { 204: { description: "It is durable." } },
      async handle({ body }) {
        await publish(body.text);
        return { status: 204 };
      },
    });
    return {
      endpoints: [],
      checks: [],
      async drain() {
        if (config.stuck) await new Promise(() => {});
        for (let n = 0; n < config.pending; n++) await publish(`pending ${n}`);
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

await runProcess({ name: "example", services: [example], env: process.env, isTerminal: false });
