import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";

/** A span as the OTLP protocol carries it (opentelemetry-proto, trace/v1/trace.proto). */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** "": a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: "unspecified" | "internal" | "server" | "client" | "producer" | "consumer";
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Set where it failed. */
  readonly error?: string;
  readonly durationMs: number;
  /** Attributes of the resource: "service.name". */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** A collector of traces that keeps what it is sent. */
interface OtlpCollector extends AsyncDisposable {
  readonly port: number;
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** Resolves with the spans when they are as wanted. */
  waitFor(isSo: (spans: readonly ReceivedSpan[]) => boolean): Promise<readonly ReceivedSpan[]>;
}

interface OtlpCollectorOptions {
  readonly port?: number;
  /** Called before anything is kept. True: it has answered by itself, or never will, and nothing is kept. */
  readonly intercept?: (response: ServerResponse) => boolean;
}

export async function startOtlpCollector(options: OtlpCollectorOptions = {}): Promise<OtlpCollector> {
  const spans: ReceivedSpan[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    requests.push({ path: request.url ?? "", headers: request.headers });
    if (!options.intercept?.(response)) {
      spans.push(...readSpans(request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body));
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    }
    for (const look of waiting) look();
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    spans,
    requests,
    waitFor: (isSo) =>
      new Promise((resolve) => {
        const look = () => {
          if (!isSo(spans)) return;
          waiting.delete(look);
          resolve(spans);
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Field = bigint | Buffer;

/** The fields of a protobuf message by number: varints and fixed numbers as bigint, the rest as bytes. */
function readMessage(bytes: Buffer): Map<number, Field[]> {
  const fields = new Map<number, Field[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const type = tag & 7;
    let value: Field;
    if (type === 0) value = varint();
    else if (type === 1) value = take(8).readBigUInt64LE();
    else if (type === 2) value = take(Number(varint()));
    else if (type === 5) value = BigInt(take(4).readUInt32LE());
    else throw new Error(`Cannot read protobuf: wire type ${type}`);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

const messages = (fields: Map<number, Field[]>, number: number) =>
  (fields.get(number) ?? []).map((field) => readMessage(field as Buffer));
const bytesOf = (fields: Map<number, Field[]>, number: number) =>
  (fields.get(number)?.[0] ?? Buffer.alloc(0)) as Buffer;
const numberOf = (fields: Map<number, Field[]>, number: number) => (fields.get(number)?.[0] ?? 0n) as bigint;

const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;

/** ExportTraceServiceRequest. */
function readSpans(body: Buffer): ReceivedSpan[] {
  return messages(readMessage(body), 1).flatMap((resourceSpans) => {
    const resource = Object.assign({}, ...messages(resourceSpans, 1).map((one) => readAttributes(one, 1)));
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => readSpan(span, resource));
  });
}

function readSpan(span: Map<number, Field[]>, resource: ReceivedSpan["resource"]): ReceivedSpan {
  const [status] = messages(span, 15);
  const isError = status !== undefined && numberOf(status, 3) === 2n;
  return {
    traceId: bytesOf(span, 1).toString("hex"),
    spanId: bytesOf(span, 2).toString("hex"),
    parentSpanId: bytesOf(span, 4).toString("hex"),
    name: bytesOf(span, 5).toString(),
    kind: kinds[Number(numberOf(span, 6))] ?? "unspecified",
    durationMs: Number(numberOf(span, 8) - numberOf(span, 7)) / 1e6,
    attributes: readAttributes(span, 9),
    ...(isError ? { error: bytesOf(status, 2).toString() } : {}),
    resource,
  };
}

function readAttributes(fields: Map<number, Field[]>, number: number): Record<string, unknown> {
  return Object.fromEntries(
    messages(fields, number).map((pair) => {
      const [value] = messages(pair, 2);
      return [bytesOf(pair, 1).toString(), value && readValue(value)];
    }),
  );
}

/** AnyValue: text, boolean, integer, double; others are left out. */
function readValue(value: Map<number, Field[]>): unknown {
  if (value.has(1)) return bytesOf(value, 1).toString();
  if (value.has(2)) return numberOf(value, 2) === 1n;
  if (value.has(3)) return Number(BigInt.asIntN(64, numberOf(value, 3)));
  if (!value.has(4)) return undefined;
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64LE(numberOf(value, 4));
  return bits.readDoubleLE();
}
