import { z } from "zod";

/** Why a line was rejected. For the last two the cause is not the line: a limit of the flush was reached. */
export const badLineReasons = [
  "name",
  "value",
  "type",
  "sample-rate",
  "timestamp",
  "event",
  "service-check",
  "encoding",
  "series-limit",
  "memory-limit",
] as const;
export type BadLineReason = (typeof badLineReasons)[number];

const common = {
  seq: z
    .number()
    .int()
    .min(1)
    .describe("Place within the listener instance; <subject>:<seq> is the identity"),
  windowStart: z.string().describe("First and last moment of what was aggregated: RFC 3339, UTC"),
  windowEnd: z.string(),
};

const series = {
  ...common,
  name: z.string(),
  tags: z.array(z.string()).describe("Sorted, without repeats: 'key:value' or 'word'"),
  samples: z.number().int().min(1).describe("Values received"),
  container: z.string().optional().describe("Container id of the sender"),
  externalData: z
    .string()
    .optional()
    .describe("What the sender says of itself for the agent (DogStatsD 1.5)"),
  cardinality: z.string().optional().describe("Cardinality of tags that the sender asks for (DogStatsD 1.6)"),
  timestamp: z.number().int().optional().describe("Seconds since the epoch, where the sender gave them"),
};

const summary = z.object({
  ...common,
  kind: z.literal("summary"),
  datagrams: z.number().int().min(0),
  lines: z.number().int().min(0),
  series: z.number().int().min(0),
  badLines: z
    .partialRecord(z.enum(badLineReasons), z.number().int())
    .describe("Lines that were not taken, by reason"),
  rawNotKept: z
    .number()
    .int()
    .min(0)
    .describe("Of these and of events and checks: over maxRawBytes, so counted only"),
});

const number = z.number();

const timing = {
  ...series,
  count: number.describe("Events, each value counted 1 / sample rate times"),
  sum: number,
  min: number,
  max: number,
  mean: number,
  p50: number.describe("Quantiles are within 1 % of a value that was received"),
  p90: number,
  p95: number,
  p99: number,
};

/** One line of the NDJSON of a `udp.statsd` event. */
export const statsdRecordSchema = z.discriminatedUnion("kind", [
  z.object({
    ...series,
    kind: z.literal("counter"),
    value: number.describe("Sum, each value divided by its sample rate"),
  }),
  z.object({ ...series, kind: z.literal("gauge"), value: number.describe("Last value") }),
  z.object({
    ...series,
    kind: z.literal("set"),
    unique: z.number().int(),
    isLowerBound: z.boolean().describe("True when there were more members than the window had memory for"),
  }),
  z.object({ ...timing, kind: z.literal("timer").describe("Values are milliseconds") }),
  z.object({ ...timing, kind: z.literal("histogram") }),
  z.object({ ...timing, kind: z.literal("distribution") }),
  z.object({
    ...common,
    kind: z.literal("event"),
    receivedAt: z.string(),
    from: z.string(),
    title: z.string(),
    text: z.string(),
    tags: z.array(z.string()),
    timestamp: z.number().int().optional(),
    hostname: z.string().optional(),
    priority: z.string().optional(),
    alertType: z.string().optional(),
    aggregationKey: z.string().optional(),
    sourceType: z.string().optional(),
    container: z.string().optional(),
    externalData: z.string().optional(),
    cardinality: z.string().optional(),
  }),
  z.object({
    ...common,
    kind: z.literal("service-check"),
    receivedAt: z.string(),
    from: z.string(),
    name: z.string(),
    status: z.number().int().min(0).max(3),
    tags: z.array(z.string()),
    timestamp: z.number().int().optional(),
    hostname: z.string().optional(),
    message: z.string().optional(),
    container: z.string().optional(),
    externalData: z.string().optional(),
    cardinality: z.string().optional(),
  }),
  z.object({
    ...common,
    kind: z.literal("raw").describe("A line that was not taken, as it came"),
    receivedAt: z.string(),
    from: z.string(),
    reason: z.enum(badLineReasons),
    text: z.string().optional(),
    base64: z.string().optional(),
  }),
  summary.describe("The last record of a flush: what it was made of"),
]);

export type StatsdRecord = z.infer<typeof statsdRecordSchema>;
