import {
  type CloudEvent,
  encodeLines,
  encodeNdjson,
  encodeRecords,
  framesAsRecords,
  recordContainers,
  tcpRecords,
} from "@fairlead/contracts";
import type { Clock } from "@fairlead/core";
import type { Codec, Connection, FrameBatch } from "@fairlead/socket";
import type { IngestListenerConfig } from "./ingest-config.ts";

export type Container = NonNullable<IngestListenerConfig["container"]>;

/** The container of a listener. Default: text lines where the codec gives lines, else binary records. */
export function containerOf(config: IngestListenerConfig, codec: Codec): Container {
  return config.container ?? (codec.isText ? "lines" : "records");
}

/**
 * Makes the events of a listener's batches. An event keeps nothing of the batch's memory: a short line would hold the
 * whole chunk that it came in, and the chunk may be used again.
 *
 * @param source "/tcp-gateway/<instance>/<listener>"
 * @returns throws {ContractError} RECORD_UNENCODABLE for a record that the container cannot hold
 */
export function createRecordEvents(
  container: Container,
  mediaType: string,
  source: string,
  clock: Clock,
): (frames: FrameBatch, connection: Connection, firstSeq: number) => CloudEvent {
  const datacontenttype = container === "single" ? mediaType : recordContainers[container];
  return (frames, connection, firstSeq) => {
    const timeMs = clock.nowMs();
    return tcpRecords({
      source,
      subject: connection.id,
      datacontenttype,
      data: encode(container, frames, connection, firstSeq, timeMs),
      recordCount: frames.count,
      firstSeq,
      timeMs,
      isPartial: frames.isPartial === true,
    });
  };
}

function encode(
  container: Container,
  frames: FrameBatch,
  connection: Connection,
  firstSeq: number,
  timeMs: number,
): Uint8Array {
  if (container === "single") return Buffer.from(frames.frame(0));
  if (container === "lines") {
    if (frames.lines === undefined) return encodeLines(frames);
    return frames.ownsLines ? frames.lines : Buffer.from(frames.lines);
  }
  const { remote } = connection;
  const from = remote.family === "unix" ? undefined : remote;
  const records = framesAsRecords(frames, { from, receivedAtMicros: timeMs * 1_000 });
  return container === "ndjson" ? encodeNdjson(records, firstSeq) : encodeRecords(records);
}
