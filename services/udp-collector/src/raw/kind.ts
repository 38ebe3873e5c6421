import { eventTypes } from "@fairlead/contracts";
import { z } from "zod";
import { BatchSession } from "../batch-session.ts";
import { listenerKind } from "../kind.ts";
import { type Cutter, cutLines, cutRecords, cutSingle, rawLine, type Selection } from "../pieces.ts";
import { batchKey, sharedKeys } from "../shared-keys.ts";
import { Replies, replyCounters, replyKey } from "./reply.ts";

const configSchema = z
  .strictObject({
    ...sharedKeys,
    kind: z.literal("raw"),
    batch: batchKey,
    container: z
      .enum(["records", "ndjson", "single"])
      .default("records")
      .describe("records: binary with source and time; ndjson: for people; single: one event per datagram"),
    mediaType: z
      .string()
      .min(1)
      .default("application/octet-stream")
      .describe("Of the data of a single event"),
    reply: replyKey,
  })
  .describe("Datagrams as they are");

/** Events of one datagram each that are on their way to the bus together. */
const maxSinglesAtOnce = 1_000;

type RawConfig = z.output<typeof configSchema>;

function cutterOf({ container, mediaType }: RawConfig, datagrams: Selection, firstSeq: number): Cutter {
  if (container === "records") return cutRecords(datagrams);
  if (container === "single") return cutSingle(datagrams, mediaType);
  return cutLines((index) => rawLine(datagrams, index, firstSeq + index));
}

/** Datagrams as they are, with an answer to the sender where one is asked for. */
export const raw = listenerKind({
  name: "raw",
  description: "raw datagrams",
  configSchema,
  eventType: eventTypes.udpRecords,
  defaultListener: { name: "raw", port: 7010 },
  tryWith: "echo hi | nc -u -w1 {host} {port}",
  counters: replyCounters,
  createSession(config, parts) {
    const { batch, container } = config;
    const replies = config.reply && new Replies(config.reply, parts);
    return new BatchSession(parts, {
      batch,
      eventsAtOnce: container === "single" ? maxSinglesAtOnce : 1,
      cutter: (datagrams, firstSeq) => cutterOf(config, datagrams, firstSeq),
      ...(replies && { onPublished: (datagrams, piece) => replies.send(datagrams, piece) }),
    });
  },
});
