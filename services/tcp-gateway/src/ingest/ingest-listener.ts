import type { Bus } from "@fairlead/bus";
import { type CloudEvent, unparsedReasons } from "@fairlead/contracts";
import type { Meter } from "@fairlead/core";
import {
  BusWatch,
  busRejectReasons,
  type Credit,
  type EdgeParts,
  edgeSource,
  followReasons,
  followTotal,
  Ledger,
  metricPrefix,
  type RetryingPublisherParts,
  showLedger,
} from "@fairlead/ingress";
import { type Codec, type Connection, createCodec, type FrameBatch, refuseHttp } from "@fairlead/socket";
import { toCodecOptions } from "./codec-config.ts";
import type { IngestListenerConfig } from "./ingest-config.ts";
import { IngestEvents } from "./ingest-events.ts";
import { containerOf, createRecordEvents } from "./record-events.ts";
import { createSyslogEvents } from "./syslog-events.ts";

/** The parts of connections without acknowledgements, whose clients repeat nothing. */
export interface Patience extends RetryingPublisherParts {
  readonly watch: BusWatch;
}

/** The counts of a listener beside its ledger. */
export interface IngestCounts {
  /** OK lines written. */
  acks: number;
  /** Published records that were cut at the cap. */
  truncated: number;
  /** Messages that could not be decoded, by reason. */
  readonly unparsed: Record<string, number>;
}

/** The parts that the connections of one ingest listener share. */
export interface IngestListener {
  readonly codec: Codec;
  readonly maxFrameBytes: number;
  /** Given for a listener without acknowledgements: an event that the bus refuses for now is kept and tried again. */
  readonly patience: Patience | undefined;
  readonly banner: string | undefined;
  /** False: the rest of a stream that ends without its delimiter is no record. */
  readonly takesPartial: boolean;
  /** Unconfirmed bytes of one connection at which reading pauses. */
  readonly creditBytes: number;
  /** The same for all connections of the process. */
  readonly credit: Credit;
  readonly maxBatchRecords: number;
  readonly maxBatchBytes: number;
  readonly ledger: Ledger;
  readonly counts: IngestCounts;
  /** Makes an event that keeps nothing of the frames' memory. */
  encode(frames: FrameBatch, connection: Connection, firstSeq: number): CloudEvent;
  readonly bus: Pick<Bus, "publish">;
  /** Called when the bus refused a batch, and for an error that nobody foresaw. */
  onFailed(error: Error): void;
}

export interface IngestParts extends EdgeParts {
  /** The credit of all listeners of the process. */
  readonly credit: Credit;
  /** Fires when the time to stop is over. */
  readonly givingUp: AbortSignal;
}

/** A decoded message is this much larger than the message, about; an event keeps its bound. */
const decodedGrowth = 4;

/** Every reason of a rejected record: from the codecs, the session, the container and the bus. */
const rejectReasons = [
  "dropped",
  "closing",
  "frame-too-large",
  "frame-invalid",
  "frame-incomplete",
  "http-refused",
  "record-unencodable",
  ...busRejectReasons,
];

/** Makes the parts that the sessions of a listener share. Dispose to stop showing the metrics. */
export function createIngestListener(
  config: IngestListenerConfig,
  parts: IngestParts,
): IngestListener & Disposable {
  const { name: listener, acks, banner, batch, creditBytes, mediaType } = config;
  const { service, bus, credit, givingUp, logger, meter, clock } = parts;
  const found = createCodec(toCodecOptions(config.codec));
  const codec = config.takesHttp ? found : refuseHttp(found);
  const container = containerOf(config, codec);
  const source = edgeSource(parts, listener);
  const events = new IngestEvents(listener, logger, clock);
  const patience: Patience = {
    bus,
    clock,
    givingUp,
    watch: new BusWatch(bus, clock),
    onRetry: (error) => events.held(error),
    // One recovered connection says nothing of the others: no log line.
    onRecovered() {},
  };
  const ledger = new Ledger();
  const counts: IngestCounts = { acks: 0, truncated: 0, unparsed: {} };
  const metrics = new DisposableStack();
  metrics.use(
    showLedger(ledger, meter, { service, listener, unit: "records", reasons: rejectReasons, hasBytes: true }),
  );
  metrics.use(showCounts(counts, parts, listener));
  return {
    codec,
    maxFrameBytes: config.codec.maxFrameBytes,
    patience: acks === "durable" ? undefined : patience,
    banner,
    takesPartial: config.takesPartial,
    creditBytes,
    credit,
    maxBatchRecords: container === "single" ? 1 : batch.maxRecords,
    maxBatchBytes: config.decode ? batch.maxBytes / decodedGrowth : batch.maxBytes,
    ledger,
    counts,
    encode:
      config.decode === "syslog"
        ? createSyslogEvents(config.timeZone, source, clock, (reason) => {
            counts.unparsed[reason] = (counts.unparsed[reason] ?? 0) + 1;
          })
        : createRecordEvents(container, mediaType, source, clock),
    bus,
    onFailed: (error) => events.failed(error),
    [Symbol.dispose]: () => metrics.dispose(),
  };
}

function showCounts(
  counts: IngestCounts,
  { service, meter }: { readonly service: string; readonly meter: Meter },
  listener: string,
): Disposable {
  const total = (name: string, help: string) =>
    followTotal(
      meter.counter({ name: `${metricPrefix(service)}${name}_total`, help, labels: ["listener"] }),
      { listener },
    );
  const acks = total("sent_acks", "OK lines written");
  const truncated = total("truncated_records", "Published records that were cut at the cap");
  const unparsed = followReasons(
    meter.counter({
      name: `${metricPrefix(service)}syslog_unparsed_records_total`,
      help: "Syslog messages that were passed raw",
      labels: ["listener", "reason"],
    }),
    { listener },
    unparsedReasons,
  );
  return meter.onScrape(() => {
    for (const [reason, count] of Object.entries(counts.unparsed)) unparsed(reason, count);
    acks(counts.acks);
    truncated(counts.truncated);
  });
}
