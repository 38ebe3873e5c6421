import assert from "node:assert/strict";
import { test } from "node:test";
import { createCodec } from "@fairlead/socket";
import type { z } from "zod";
import { configSchema } from "./config.ts";
import { toCodecOptions } from "./ingest/codec-config.ts";
import type { IngestListenerConfig } from "./ingest/ingest-config.ts";

type Input = z.input<typeof configSchema>;

/** Listeners that make events, which the defaults are. */
function ingestListeners(input: Input): IngestListenerConfig[] {
  return configSchema.parse(input).listeners.filter((listener) => listener.kind === "ingest");
}

test("configSchema without a word gives the listeners of the architecture", () => {
  const listeners = ingestListeners(undefined);
  const [lines, syslog] = listeners;
  assert.deepEqual(
    listeners.map(({ host, port, kind, acks, codec }) => [host, port, kind, acks, codec.name]),
    [
      ["127.0.0.1", 7001, "ingest", "durable", "lines"],
      ["127.0.0.1", 5514, "ingest", "none", "octet-counting"],
    ],
  );
  assert.deepEqual(lines!.codec, {
    name: "lines",
    maxFrameBytes: 65_536,
    oversize: "close",
    delimiter: "newline",
  });
  assert.equal(syslog!.name, "syslog");
});

const listener = (more: object): Input => ({ listeners: [{ name: "a", port: 1, ...more }] }) as Input;

const faults: [string, Input, RegExp][] = [
  ["neither port nor path", { listeners: [{ name: "a" }] }, /either a port or a path/],
  ["a name that only begins like loopback", listener({ host: "127.attacker.example" }), /is not loopback/],
  ["a container of what is not kept", listener({ kind: "echo", container: "lines" }), /container/],
  ["acknowledgements of what is not kept", listener({ kind: "echo", acks: "durable" }), /acks/],
  ["port and path", listener({ path: "/tmp/x" }), /either a port or a path/],
  ["a public address without an allow list", listener({ host: "0.0.0.0" }), /is not loopback/],
  ["a public IPv6 address without an allow list", listener({ host: "::" }), /is not loopback/],
  ["an empty allow list", listener({ allow: [] }), /allow|small/i],
  [
    "lines of a codec that may contain them",
    listener({ codec: { name: "netstring" }, container: "lines" }),
    /line feeds/,
  ],
  ["a codec without its option", listener({ codec: { name: "fixed" } }), /frame/],
  ["an option that the codec has not", listener({ codec: { name: "lines", width: 2 } }), /width/],
  [
    "options that exclude each other",
    listener({ codec: { name: "ascii-size", width: 2, terminator: "lf" } }),
    /width/,
  ],
  ["a delimiter that is none", listener({ codec: { name: "lines", delimiter: "hex:0" } }), /newline/],
  ["a frame without bound", listener({ codec: { name: "raw", maxFrameBytes: "1GiB" } }), /8MiB/],
  ["a limit of nothing", listener({ limits: { idle: "0s" } }), /none|1ms/],
  ["a limit of no connections", listener({ limits: { maxConnections: 0 } }), /from 1/],
  ["a name in capitals", { listeners: [{ name: "Lines", port: 1 }] }, /a-z/],
  [
    "one name twice",
    {
      listeners: [
        { name: "a", port: 1 },
        { name: "a", port: 2 },
      ],
    },
    /another listener/,
  ],
  [
    "a shared Unix socket",
    { listeners: [{ name: "a", path: "/tmp/x", reusePort: true }] },
    /belongs to one process/,
  ],
  ["a key that is not known", { workers: 2 } as Input, /workers/],
];
for (const [what, input, expected] of faults) {
  test(`configSchema refuses ${what}`, () => {
    const checked = configSchema.safeParse(input);
    assert.equal(checked.success, false);
    assert.match(JSON.stringify(checked.error!.issues), expected);
  });
}

test("configSchema names every fault at once, whatever else is wrong with a listener", () => {
  const checked = configSchema.safeParse({
    listeners: [
      { name: "a", port: 1, path: "/tmp/x", backlog: 0 },
      {
        name: "a",
        port: 1,
        host: "0.0.0.0",
        codec: { name: "ascii-size", width: 2, terminator: "lf" },
        linger: 5,
      },
      {
        name: "b",
        path: "/tmp/y",
        reusePort: true,
        nonsense: 1,
        codec: { name: "netstring" },
        container: "lines",
      },
      { name: "c", port: 2, host: "0.0.0.0", allow: ["x"] },
      { kind: "eco", port: 3, host: 7, name: "b" },
    ],
  });
  const at = checked.error!.issues.map(({ path }) => path.slice(1).join(".")).sort();
  assert.deepEqual(at, [
    "0.backlog",
    "0.port",
    "1.allow",
    "1.codec",
    "1.linger",
    "1.name",
    "2",
    "2.container",
    "2.reusePort",
    "3.allow.0",
    "4.kind",
  ]);
});

test("configSchema takes a public address with a list of who may connect, and every loopback without one", () => {
  const hosts = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost"];
  for (const host of hosts) assert.ok(configSchema.safeParse(listener({ host })).success, host);
  assert.ok(configSchema.safeParse(listener({ host: "::", allow: ["fd00::/8"] })).success);
});

const codecs: object[] = [
  { name: "lines", delimiter: "text:||" },
  { name: "fixed", frameBytes: "12B" },
  {
    name: "length-prefix",
    lengthBytes: 2,
    endian: "little",
    lengthOffset: 3,
    lengthAdjustment: -5,
    lengthIncludesHeader: true,
    keepHeader: true,
  },
  { name: "varint" },
  { name: "netstring" },
  { name: "octet-counting" },
  { name: "ascii-size", width: 6 },
  { name: "ascii-size", terminator: "crlf" },
  { name: "mllp" },
  { name: "stx-etx", escape: "dle", check: "lrc" },
  { name: "json", maxDepth: 5 },
  { name: "raw", maxFrameBytes: "1KiB", oversize: "drop" },
];
for (const codec of codecs) {
  test(`toCodecOptions() gives createCodec() what ${JSON.stringify(codec)} says`, () => {
    const [configured] = ingestListeners(listener({ codec }));
    const options = toCodecOptions(configured!.codec);
    assert.equal(createCodec(options).name, options.name);
    const {
      maxFrameBytes: _,
      frameBytes,
      ...rest
    } = codec as {
      maxFrameBytes?: string;
      frameBytes?: string;
    };
    for (const [key, value] of Object.entries(rest)) {
      assert.equal((options as unknown as Record<string, unknown>)[key], value, key);
    }
    if (frameBytes !== undefined) assert.equal((options as { frameBytes: number }).frameBytes, 12);
    assert.equal(options.maxFrameBytes, configured!.codec.maxFrameBytes);
  });
}
