import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { count, section } from "@fairlead/chassis";
import { undescribedKeys } from "@fairlead/chassis/undescribed-keys";
import { z } from "zod";
import { temporaryDirectory } from "../test/test-engine.ts";
import { commonSchema, loadServicesConfig, servicesJsonSchema } from "./config.ts";
import type { ServiceDefinition } from "./service.ts";

const service = (name: ServiceDefinition["name"], configSchema: z.ZodType): ServiceDefinition => ({
  name,
  configSchema,
  needs: [],
  plan: () => ({ sockets: [], connections: 0, eventTypes: [] }),
  open: () => Promise.reject(new Error("not started")),
});
const gateway = service("tcp-gateway", section({ credit: count(5).describe("How much.") }));
/** Without a default of its own for the whole section. */
const bare = service("udp-collector", z.strictObject({ size: z.int().default(7).describe("How big.") }));

test("loadServicesConfig() gives every default without a file", async () => {
  await using dir = await temporaryDirectory();
  const { values, file } = loadServicesConfig({ services: [gateway, bare], env: {}, cwd: dir.path });
  assert.equal(file, undefined);
  assert.equal(values.http.port, 7000);
  assert.equal(values.http.host, "127.0.0.1");
  assert.equal(values.shutdown.limit, 25_000);
  assert.equal(values.dataDir, join(dir.path, "data"));
  assert.deepEqual(values.services, { "tcp-gateway": { credit: 5 }, "udp-collector": { size: 7 } });
});

test("loadServicesConfig() reads fairlead.yaml, the file that is named, and the environment above both", async () => {
  await using dir = await temporaryDirectory();
  const other = join(dir.path, "other.yaml");
  await writeFile(join(dir.path, "fairlead.yaml"), "http: { port: 1 }\ntcp-gateway: { credit: 9 }\n");
  await writeFile(other, "http: { port: 2 }\n");
  const load = (env: Record<string, string>, configFile?: string) =>
    loadServicesConfig({ services: [gateway], env, cwd: dir.path, configFile }).values;
  assert.equal(load({}).http.port, 1);
  assert.deepEqual(load({}).services["tcp-gateway"], { credit: 9 });
  assert.equal(load({ FAIRLEAD_CONFIG: "other.yaml" }).http.port, 2);
  assert.equal(load({ FAIRLEAD_CONFIG: "nowhere.yaml" }, other).http.port, 2);
  const env = {
    FAIRLEAD_HTTP_PORT: "3",
    FAIRLEAD_HOST: "::1",
    FAIRLEAD_LOG_LEVEL: "warn",
    FAIRLEAD_DATA_DIR: "/d",
    FAIRLEAD_TOKENS_FILE: "/t",
    FAIRLEAD_REDIS_URL: "redis://r",
  };
  const { http, log, dataDir, state } = load(env);
  assert.equal(state.redis?.url, "redis://r");
  assert.deepEqual(
    [http.port, http.host, http.tokensFile, log.level, dataDir],
    [3, "::1", "/t", "warn", "/d"],
  );
});

test("loadServicesConfig() accepts the sections of services that run elsewhere, and no others", async () => {
  await using dir = await temporaryDirectory();
  const load = async (text: string) => {
    await writeFile(join(dir.path, "fairlead.yaml"), text);
    return loadServicesConfig({ services: [gateway], env: {}, cwd: dir.path });
  };
  await load("udp-collector: { whatever: 1 }\nftp-bridge: 5\n");
  await assert.rejects(load("udp-colector: {}\n"), {
    code: "CONFIG_INVALID",
    message: /udp-colector is not known/,
  });
  await assert.rejects(load("tcp-gateway: { credits: 1 }\n"), { message: /did you mean credit\?/ });
});

test("loadServicesConfig() refuses a named file that is missing, and the engines that are not there", () => {
  assert.throws(() => loadServicesConfig({ services: [], env: { FAIRLEAD_CONFIG: "/nowhere" } }), {
    code: "CONFIG_UNREADABLE",
  });
  assert.throws(() => loadServicesConfig({ services: [], env: { FAIRLEAD_S3_URL: "s3://u:hunter2@h" } }), {
    code: "CONFIG_INVALID",
    message: /FAIRLEAD_S3_URL: is set, but/,
  });
});

test("loadServicesConfig() takes the broker from the environment or a file that it names, and shows no password", async () => {
  await using dir = await temporaryDirectory();
  const secret = join(dir.path, "amqp-url");
  await writeFile(secret, "amqp://u:hunter2@h\n");
  for (const env of [{ FAIRLEAD_AMQP_URL: "amqp://u:hunter2@h" }, { FAIRLEAD_AMQP_URL_FILE: secret }]) {
    const { values, redacted } = loadServicesConfig({ services: [], env, cwd: dir.path });
    assert.equal(values.bus.amqp?.url, "amqp://u:hunter2@h");
    assert.equal(values.bus.amqp.windowMessages, 1_024);
    assert.doesNotMatch(JSON.stringify(redacted), /hunter2/);
  }
  assert.throws(
    () =>
      loadServicesConfig({ services: [], env: { FAIRLEAD_AMQP_URL: "http://u:hunter2@h" }, cwd: dir.path }),
    (error: Error) => /FAIRLEAD_AMQP_URL/.test(error.message) && !/hunter2/.test(error.message),
  );
});

const listening = (name: ServiceDefinition["name"], scheme: "tcp" | "udp"): ServiceDefinition => ({
  ...service(
    name,
    z.strictObject({ at: z.array(z.tuple([z.string(), z.int()])).default([]), size: z.int().default(1) }),
  ),
  plan: ({ at = [] }: { at?: readonly (readonly [string, number])[] }) => ({
    sockets: at.map(([host, port], index) => ({
      scheme,
      host,
      port,
      what: `socket ${index}`,
      key: ["at", index],
      isShared: port === 9,
    })),
    connections: 0,
    eventTypes: [],
  }),
});
const tcp = listening("tcp-gateway", "tcp");
const udp = listening("udp-collector", "udp");

const sockets: readonly [name: string, text: string, issues: RegExp[]][] = [
  [
    "the port of HTTP again, whatever else is wrong",
    'tcp-gateway: { at: [["127.0.0.1", 7000]], size: x }',
    [/tcp-gateway.at\[0\] .*http.port binds 127.0.0.1:7000 already/, /tcp-gateway.size/],
  ],
  ["a wildcard beside an address", 'tcp-gateway: { at: [["127.0.0.1", 1], ["0.0.0.0", 1]] }', [/at\[1\]/]],
  [
    "an address beside the wildcard of both families",
    'udp-collector: { at: [["::", 1], ["10.0.0.1", 1]] }',
    [/\[::\]:1/],
  ],
  [
    "nothing in different protocols",
    'tcp-gateway: { at: [["::", 1]] }\nudp-collector: { at: [["::", 1]] }',
    [],
  ],
  [
    "nothing on different addresses",
    'udp-collector: { at: [["::1", 1], ["127.0.0.1", 1], ["0.0.0.0", 2]] }',
    [],
  ],
  [
    "nothing on any free port or a shared one",
    'udp-collector: { at: [["::", 0], ["::", 0], ["::", 9], ["::", 9]] }',
    [],
  ],
  [
    "HTTP on a public address without tokens",
    "http: { host: 0.0.0.0 }",
    [/http.tokensFile is missing: 0.0.0.0 is not loopback/],
  ],
  ["nothing of it with tokens", "http: { host: 0.0.0.0, tokensFile: t }", []],
];
for (const [name, text, issues] of sockets) {
  test(`loadServicesConfig() refuses ${name}`, async () => {
    await using dir = await temporaryDirectory();
    await writeFile(join(dir.path, "fairlead.yaml"), text);
    const load = () => loadServicesConfig({ services: [tcp, udp], env: {}, cwd: dir.path });
    if (issues.length === 0) return void load();
    assert.throws(load, ({ message }: Error) => {
      assert.equal(message.split("\n").length, issues.length + 1, message);
      for (const issue of issues) assert.match(message, issue);
      return true;
    });
  });
}

test("every common key has a sentence", () => {
  assert.deepEqual(undescribedKeys(commonSchema), []);
});

test("servicesJsonSchema() covers the common sections and those of the services", () => {
  const { properties } = servicesJsonSchema([gateway]) as { properties: object };
  assert.deepEqual(Object.keys(properties), [
    "dataDir",
    "http",
    "log",
    "shutdown",
    "bus",
    "state",
    "tcp-gateway",
  ]);
});
