import { bytes, type CrossCheck, count, flag, type Sound, section } from "@fairlead/chassis";
import { eventTypes } from "@fairlead/contracts/names";
import { edgeListenerShape } from "@fairlead/ingress";
import { createCodec } from "@fairlead/socket";
import { isTimeZone } from "@fairlead/syslog";
import { z } from "zod";
import { type CodecConfig, codecSchema, toCodecOptions } from "./codec-config.ts";

/** A listener whose frames become events. */
export const ingestSchema = z
  .strictObject({
    ...edgeListenerShape,
    kind: z
      .literal("ingest")
      .optional()
      .default("ingest")
      .describe("ingest: frames become events; echo: every byte comes back, nothing is kept."),
    codec: codecSchema.prefault({ name: "lines" }).describe("How frames are found in the bytes."),
    acks: z
      .enum(["durable", "none"])
      .default("durable")
      .describe(
        "durable: `OK <n>` when n records of the connection are durable; none: nothing is ever sent, and nothing is read while the bus refuses, so that the sender queues.",
      ),
    takesHttp: flag(false).describe(
      "A connection that begins with an HTTP request line is taken like any other. Not set, it is closed with `ERR HTTP_REFUSED`: every web page can make a browser send one here.",
    ),
    takesPartial: flag(true).describe(
      "The rest of a stream that ends without its delimiter is a record, marked `partial`; false: it is rejected with `ERR FRAME_INCOMPLETE`, for it may be half a line.",
    ),
    container: z
      .enum(["lines", "records", "ndjson", "single"])
      .optional()
      .describe("Form of the events' data. Not set: lines for codecs of text lines, records for the others."),
    decode: z
      .literal("syslog")
      .optional()
      .describe(
        "syslog: each frame is read as a message of syslog, and the events are `tcp.syslog` with the records of `udp.syslog`. Not set: frames are passed as they came.",
      ),
    timeZone: z
      .string()
      .refine(isTimeZone, { error: 'must be a time zone like "UTC" or "Europe/Berlin"' })
      .default("UTC")
      .describe("With decode: zone of senders that give a timestamp without an offset (RFC 3164)."),
    mediaType: z
      .string()
      .regex(/^[\w.+-]+\/[\w.+-]+(\s*;.*)?$/, { error: 'must be a media type like "text/plain"' })
      .default("application/octet-stream")
      .describe("Media type of a record in the container `single`."),
    creditBytes: bytes("1MiB", { min: "64KiB", max: "1GiB" }).describe(
      "Bytes of one connection that are not durable yet, at which its reading pauses (and one read more).",
    ),
    batch: section({
      maxRecords: count(10_000, { max: 1_000_000 }).describe("Records of one event at most."),
      maxBytes: bytes("1MiB", { max: "8MiB" }).describe(
        "Payload of one event at most; a larger frame goes alone.",
      ),
    }),
  })
  .describe("Frames become events.");

export type IngestListenerConfig = z.output<typeof ingestSchema>;

/** Refuses a container that cannot hold what the codec finds. */
export function checkContainer(
  listener: Sound<IngestListenerConfig>,
  { refuse, hasError }: CrossCheck,
): void {
  if (listener.decode !== undefined && listener.container !== undefined)
    refuse(["container"], "decoded messages are NDJSON: leave the container out");
  if (listener.container !== "lines" || hasError(["codec"])) return;
  const codec = createCodec(toCodecOptions(listener.codec as CodecConfig));
  if (codec.isText) return;
  refuse(
    ["container"],
    `frames of the codec ${codec.name} may contain line feeds: use records, ndjson or single`,
  );
}

/** The type of a listener's events. */
export function eventTypeOf({ decode }: Sound<IngestListenerConfig>): string {
  return decode === "syslog" ? eventTypes.tcpSyslog : eventTypes.tcpRecords;
}
