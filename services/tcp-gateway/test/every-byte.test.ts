/** Whatever ends a connection, and however its bytes were cut: each received byte is in a record or in a counter. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TcpClosed, TcpConnectionsPage } from "@fairlead/contracts";
import { ManualClock } from "@fairlead/core/manual-clock";
import { eventually, RawClient } from "@fairlead/harness";
import { type CodecOptions, createCodec } from "@fairlead/socket";
import fc from "fast-check";
import { type RunningGateway, startGateway } from "./running.ts";

const framings = [
  { name: "lines" },
  { name: "lines", delimiter: "crlf" },
  { name: "lines", delimiter: "nul" },
  { name: "fixed", frameBytes: "7B" },
  { name: "length-prefix" },
  { name: "length-prefix", lengthBytes: 1, lengthIncludesHeader: true },
  { name: "varint" },
  { name: "netstring" },
  { name: "octet-counting" },
  { name: "ascii-size" },
  { name: "mllp" },
  { name: "stx-etx" },
  { name: "stx-etx", escape: "dle", check: "lrc" },
  { name: "json" },
  { name: "raw" },
] as const;
type Framing = (typeof framings)[number];

const endings = ["fin", "reset", "time limit", "drain", "operator"] as const;
type End = (typeof endings)[number];

const cap = "24B";

/** A frame as a client sends it. No framing has an "x" of its own, so that the content can be counted. */
function encode(framing: Framing, length: number): Buffer {
  const content = "x".repeat(framing.name === "fixed" ? 7 : length);
  const payload =
    { json: `"${content}"`, "octet-counting": `<1>${content}` }[framing.name as string] ?? content;
  const wide = { maxFrameBytes: 1_000, oversize: "close", ...framing, frameBytes: 7 } as CodecOptions;
  return createCodec(wide).encode(Buffer.from(payload));
}

const contentOf = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + (byte === 0x78 ? 1 : 0), 0);

async function connections(gateway: RunningGateway) {
  const reply = await gateway.call("GET /tcp/connections", {}, { limit: 10 });
  return (reply!.body as TcpConnectionsPage).connections;
}

async function finish(ending: End, gateway: RunningGateway, client: RawClient, clock: ManualClock) {
  let drained: Promise<void> | undefined;
  if (ending === "fin") client.end();
  else if (ending === "reset") client.socket.resetAndDestroy();
  else if (ending === "drain") {
    client.socket.on("end", () => client.socket.end());
    drained = gateway.service.drain(new AbortController().signal);
  } else if (ending === "operator") {
    client.socket.on("end", () => client.socket.end());
    const [connection] = await connections(gateway);
    if (connection) await gateway.call("DELETE /tcp/connections/{id}", { id: connection.id });
  }
  await eventually(async () => {
    await clock.advance(1_000);
    return (await connections(gateway)).length === 0;
  }, "the connection is over");
  await drained;
}

async function sum(gateway: RunningGateway, unit: "bytes" | "records") {
  await gateway.meter.scrape();
  const value = (name: string, more = {}) =>
    gateway.meter.value(`fairlead_tcp_gateway_${name}_total`, { listener: "listener-0", ...more });
  const rejected = ["dropped", "closing", "frame-too-large", "frame-invalid", "frame-incomplete"].map(
    (reason) => value(`rejected_${unit}`, { reason }),
  );
  return {
    published: value(`published_${unit}`),
    rejected: rejected.reduce((total, one) => total + one, 0),
    discarded: value("discarded_bytes"),
  };
}

interface Case {
  readonly lengths: readonly number[];
  readonly left: number;
  readonly junk: string;
  readonly places: readonly number[];
  readonly oversize: "drop" | "truncate" | "close";
  readonly acks: "durable" | "none";
}

async function check(framing: Framing, ending: End, given: Case): Promise<void> {
  const { lengths, left, junk, places, oversize, acks } = given;
  const clock = new ManualClock();
  const codec = { ...framing, maxFrameBytes: cap, oversize } as never;
  const limits = { frame: "5s", idle: "10s" };
  await using gateway = await startGateway([{ codec, acks, limits }], { clock });
  await using client = await RawClient.dial(gateway.port());
  client.socket.on("error", () => {});
  // Where a size is binary, an "x" of junk would be one, and no content.
  const isBinary = framing.name === "length-prefix" || framing.name === "varint";
  const frames = Buffer.concat([
    ...lengths.map((length) => encode(framing, length)),
    Buffer.from(isBinary ? "" : junk),
  ]);
  const sent = frames.subarray(0, frames.length - (left % 5));
  const cuts = places.map((place) => place % (sent.length + 1)).sort((a, b) => a - b);
  let at = 0;
  for (const cut of [...cuts, sent.length]) {
    if (cut > at) await client.send(sent.subarray(at, cut)).catch(() => {});
    at = cut;
    await eventually(async () => {
      const [connection] = await connections(gateway);
      return connection === undefined ? gateway.bus.events.length > 0 : connection.bytesReceived === at;
    }, "the bytes have come, or the connection is over");
  }
  await finish(ending, gateway, client, clock);
  const [closed] = await gateway.bus.first("tcp.closed", 1);
  const { bytesReceived } = JSON.parse(Buffer.from(closed!.data).toString()) as TcpClosed;
  const { published, rejected, discarded } = await sum(gateway, "bytes");
  const content = contentOf(sent.subarray(0, bytesReceived));
  const counted = published + rejected + discarded;
  const what = JSON.stringify({
    framing,
    ending,
    given,
    published,
    rejected,
    discarded,
    content,
    bytesReceived,
  });
  assert.ok(counted >= content, `bytes are missing: ${what}`);
  assert.ok(counted <= bytesReceived, `bytes are counted twice: ${what}`);
}

const cases: fc.Arbitrary<Case> = fc.record({
  lengths: fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 40 })), {
    maxLength: 4,
  }),
  left: fc.nat(4),
  junk: fc.oneof(fc.constant(""), fc.constantFrom("xxx", "\nxx", "xx\n", "9 xxx\0")),
  places: fc.array(fc.nat(), { maxLength: 3 }),
  oversize: fc.constantFrom("drop", "truncate", "close"),
  acks: fc.constantFrom("durable", "none"),
});

describe("no received byte is neither in a record nor in a counter", () => {
  for (const framing of framings) {
    for (const ending of endings) {
      test(`${JSON.stringify(framing)}, ${ending}`, async () => {
        await fc.assert(
          fc.asyncProperty(cases, (given) => check(framing, ending, given)),
          { numRuns: 4, endOnFailure: true },
        );
      });
    }
  }
});

for (const ending of endings) {
  test(`the rest of a line is a record where the client repeats nothing: ${ending}`, async () => {
    const clock = new ManualClock();
    const codec = { name: "octet-counting" } as const;
    const limits = { frame: "5s" };
    await using gateway = await startGateway([{ codec, acks: "none", limits }], { clock });
    await using client = await RawClient.dial(gateway.port());
    client.socket.on("error", () => {});
    const text = "<13>one\n<13>two without end";
    await client.send(text);
    await eventually(async () => (await connections(gateway))[0]?.bytesReceived === text.length, "all bytes");
    await finish(ending, gateway, client, clock);
    assert.deepEqual(gateway.bus.records, ["<13>one", "<13>two without end"]);
  });
}
