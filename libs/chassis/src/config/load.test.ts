import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { ConfigError } from "./errors.ts";
import { loadConfig, parseConfig } from "./load.ts";
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
  serverUrl,
} from "./value-types.ts";

const schema = section({
  http: section({ host: host("127.0.0.1"), port: port(7000), bodyLimit: bytes("1MiB", { max: "64MiB" }) }),
  redis: section({ url: z.string().default("redis://localhost"), password: secret().optional() }),
  "tcp-gateway": section({
    enabled: flag(true),
    allow: z.array(cidr()).default([]),
    listeners: z
      .array(
        section({
          port: port(7001),
          codec: z.enum(["lines", "fixed", "netstring"]).default("lines"),
          idle: duration("60s"),
          rate: ratePerSecond(10),
          maxConnections: count(100),
          reply: z
            .discriminatedUnion("kind", [
              z.strictObject({ kind: z.literal("none") }),
              z.strictObject({ kind: z.literal("text"), text: z.string() }),
            ])
            .default({ kind: "none" }),
        }),
      )
      .default([]),
  }),
});

function parse(
  text: string | undefined,
  env: Record<string, string> = {},
  files: Record<string, string> = {},
) {
  const readFile = (path: string) => {
    if (files[path] === undefined) throw new Error(`ENOENT: ${path}`);
    return files[path];
  };
  const overrides = [
    { variable: "FAIRLEAD_HTTP_PORT", path: ["http", "port"] },
    { variable: "FAIRLEAD_REDIS_URL", path: ["redis", "url"] },
  ];
  return parseConfig({
    schema,
    text,
    source: "f.yaml",
    env,
    readFile,
    overrides,
    ignoredSections: ["ftp-bridge"],
  });
}

function issuesOf(text: string, env: Record<string, string> = {}) {
  try {
    parse(text, env);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.issues;
  }
  return assert.fail("no error");
}

test("parseConfig() gives every default when there is no file", () => {
  const { values } = parse(undefined);
  assert.deepEqual(values.http, { host: "127.0.0.1", port: 7000, bodyLimit: 1048576 });
  assert.deepEqual(values["tcp-gateway"], { enabled: true, allow: [], listeners: [] });
});

test("parseConfig() replaces variables, and reads numbers and flags from their text", () => {
  const text = `
http: { port: "\${PORT}", host: "\${HOST:-::1}" }
redis: { url: 'a$\${b', password: "\${PW}" }
tcp-gateway:
  enabled: \${ON}
  listeners: [{ rate: "\${RATE:-0.5}", idle: "\${N:-5}s" }]
`;
  const { values } = parse(
    text,
    { PORT: "7009", ON: "false", PW_FILE: "/run/pw" },
    { "/run/pw": "s3cret\n" },
  );
  assert.equal(values.http.port, 7009);
  assert.equal(values.http.host, "::1");
  assert.deepEqual(values.redis, { url: `a\${b`, password: "s3cret" });
  assert.equal(values["tcp-gateway"].enabled, false);
  assert.equal(values["tcp-gateway"].listeners[0]?.rate, 0.5);
  assert.equal(values["tcp-gateway"].listeners[0]?.idle, 5000);
});

test("parseConfig() lets the environment override, and takes empty for not set", () => {
  assert.equal(parse("http: { port: 1 }", { FAIRLEAD_HTTP_PORT: "2" }).values.http.port, 2);
  assert.equal(parse("http: { port: 1 }", { FAIRLEAD_HTTP_PORT: "" }).values.http.port, 1);
  assert.equal(
    parse(undefined, { FAIRLEAD_REDIS_URL_FILE: "/u" }, { "/u": "redis://x\n" }).values.redis.url,
    "redis://x",
  );
  const [issue] = issuesOf("", { FAIRLEAD_HTTP_PORT: "x" });
  assert.equal(issue?.variable, "FAIRLEAD_HTTP_PORT");
  assert.match(issue?.message ?? "", /^is "x": must be a port number from 0 to 65535/);
});

test("parseConfig() ignores the sections of services that it does not run, but not unknown sections", () => {
  parse(`ftp-bridge: { anything: "\${MISSING}", deep: [1, {a: 2}] }`);
  assert.match(issuesOf("ftp-brigde: {}")[0]?.message ?? "", /is not known/);
});

test("parseConfig() reports all errors at once, each with path, place, value and what is allowed", () => {
  const issues = issuesOf(`http:
  prot: 7000
  bodyLimit: 1024
tcp-gateway:
  allow: [10.0.0.0/40]
  listeners:
    - port: 7001
    - port: 70000
      codec: line
      idle: 0s
      rate: 0
      maxConnections: 0
      reply: { kind: txt }
    - reply: { kind: text }
redis: { url: "\${NOWHERE}" }
`);
  const found = issues.map(({ line, column, path, message }) => [line, column, path, message]);
  assert.deepEqual(found, [
    [2, 3, "http.prot", "is not known; did you mean port?"],
    [3, 14, "http.bodyLimit", 'is 1024: must be a size with its unit, from "1B" to "64MiB", like "64KiB"'],
    [
      5,
      11,
      "tcp-gateway.allow[0]",
      'is "10.0.0.0/40": must be an address range like "10.0.0.0/8" or "fd00::/8", or one address',
    ],
    [
      8,
      13,
      "tcp-gateway.listeners[1].port",
      "is 70000: must be a port number from 0 to 65535 (0: any free port)",
    ],
    [
      9,
      14,
      "tcp-gateway.listeners[1].codec",
      'is "line": must be "lines" or "fixed" or "netstring"; did you mean lines?',
    ],
    [
      10,
      13,
      "tcp-gateway.listeners[1].idle",
      'is "0s": must be a duration with its unit, from "1ms", like "5s"',
    ],
    [11, 13, "tcp-gateway.listeners[1].rate", "is 0: must be a number a second above 0"],
    [12, 23, "tcp-gateway.listeners[1].maxConnections", "is 0: must be a whole number from 1"],
    [
      13,
      22,
      "tcp-gateway.listeners[1].reply.kind",
      'is "txt": must be one of "none", "text"; did you mean text?',
    ],
    [14, 7, "tcp-gateway.listeners[2].reply.text", "is missing: must be text"],
    [
      15,
      15,
      "redis.url",
      "needs the environment variable NOWHERE (or NOWHERE_FILE): it is not set and there is no default",
    ],
  ]);
});

test("parseConfig() puts what does not come from the file behind what does, and says when a key belongs to another kind", () => {
  const issues = issuesOf(
    "redis: { url: 5 }\ntcp-gateway: { listeners: [{ reply: { kind: none, text: a } }] }\n",
    {
      FAIRLEAD_HTTP_PORT: "x",
    },
  );
  assert.deepEqual(
    issues.map(({ line, path }) => [line, path]),
    [
      [1, "redis.url"],
      [2, "tcp-gateway.listeners[0].reply.text"],
      [undefined, "http.port"],
    ],
  );
  assert.equal(issues[1]?.message, "has no effect here: it belongs to another kind");
});

test("ConfigError names the file, the number of errors and one line each", () => {
  assert.throws(() => parse("http: { port: -1 }\nx: 1"), {
    code: "CONFIG_INVALID",
    message:
      "Cannot use f.yaml: 2 errors\n" +
      "  line 1, column 15: http.port is -1: must be a port number from 0 to 65535 (0: any free port)\n" +
      "  line 2, column 1: x is not known; known here: http, redis, tcp-gateway",
  });
});

test("parseConfig() follows an alias to the place of the error", () => {
  const [issue] = issuesOf("http: &h { port: x }\nredis: { url: a }\n");
  assert.deepEqual([issue?.line, issue?.column], [1, 18]);
});

test("parseConfig() never shows a secret or a replaced value in an error", () => {
  const text = `redis: { password: "\${PW}", url: [1] }\nhttp: { port: "\${PW}" }\nx: 1`;
  assert.throws(
    () => parse(text, { PW: "hunter2" }),
    (error: Error) => {
      assert.doesNotMatch(error.message, /hunter2/);
      assert.match(error.message, /http.port is "\$\{PW\}"/);
      return true;
    },
  );
});

for (const text of [
  "redis: { url: 'redis://:hun/ter2@h' }\nx: 1",
  "redis: { url: 'redis://:hunter2#x@h' }\nx: 1",
  "redis: { url: ':hunter2@h:6379' }\nx: 1",
  "redis: { server: 'redis://h?password=hunter2' }",
  "http: { host: 'redis://:hun/hunter2@h' }",
  "redis: { password: !hunter2 }",
  "redis: { password: *hunter2 }",
  "redis: { password: 'a$' + hunter2 }\n- hunter2",
  `redis: { password: 'a\${hunter2-' }`,
]) {
  test(`parseConfig() shows no secret in an error or in .redacted: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parse(text),
      (error: Error) => {
        assert.ok(error instanceof ConfigError);
        assert.doesNotMatch(JSON.stringify([error.message, error.issues]), /hunter2/);
        return true;
      },
    );
  });
}

test("serverUrl() refuses an address whose password would become its host, and is never shown", () => {
  const only = section({ url: serverUrl(["redis:"], "redis://host", { allowsQuery: false }) });
  const load = (url: string) => {
    const { redacted } = parseConfig({
      schema: only,
      text: JSON.stringify({ url }),
      source: "f.yaml",
      env: {},
      readFile: String,
    });
    assert.deepEqual(redacted, { url: "***" });
  };
  for (const url of ["redis://h", "redis://:hunter2%2F%23@h:1/2"]) load(url);
  for (const url of [
    "redis://hunter2/x@h",
    "redis://a:1/hunter2@h",
    "redis://hunter2#@h",
    "redis://h?password=hunter2",
    "redis://:hunter2%zz@h",
    "hunter2",
  ]) {
    assert.throws(
      () => load(url),
      (error: Error) => error instanceof ConfigError && !error.message.includes("hunter2"),
      url,
    );
  }
});

test("parseConfig().redacted holds every key and can be read back", () => {
  const text =
    "redis: { url: 'redis://me:pw@h/1', password: abc }\nhttp: { bodyLimit: 5MiB }\ntcp-gateway: { listeners: [{}] }";
  const { redacted } = parse(text);
  assert.deepEqual(redacted, {
    http: { host: "127.0.0.1", port: 7000, bodyLimit: "5MiB" },
    redis: { url: "redis://***@h/1", password: "***" },
    "tcp-gateway": {
      enabled: true,
      allow: [],
      listeners: [
        { port: 7001, codec: "lines", idle: "60s", rate: 10, maxConnections: 100, reply: { kind: "none" } },
      ],
    },
  });
  const again = parse(JSON.stringify(redacted)).values;
  assert.equal(again.http.bodyLimit, 5 * 1024 * 1024);
});

test("loadConfig() says which file cannot be read", () => {
  assert.throws(() => loadConfig({ schema, file: "/nowhere/f.yaml", env: {} }), {
    code: "CONFIG_UNREADABLE",
    message: /^Cannot use \/nowhere\/f.yaml: 1 error\n {2}cannot be read: ENOENT/,
  });
});
