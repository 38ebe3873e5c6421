/**
 * Lines per second with acks after a correlated confirm, on RabbitMQ with the log stream and a quorum queue bound, beside
 * pre-made batches of the same size published straight with amqplib, and one confirmed message per line.
 */
import { startRabbit } from "@fairlead/harness";
import { perSecond, report } from "./figures.ts";
import { publishStraight } from "./peers/straight-amqp.ts";
import { Fairlead, Program } from "./processes.ts";

const lineBytes = 100;
const connections = 4;

/** Lines per second through Fairlead, and how many lines its batches had. */
async function throughFairlead(url: string, inbox: readonly string[], linesEach: number) {
  const { fairlead, port } = await Fairlead.startOnRabbit(url, inbox);
  await using _running = fairlead;
  await using load = new Program("load/tcp-lines.ts", [port, connections, linesEach, lineBytes]);
  const { seconds } = await load.next<{ seconds: number }>();
  await fairlead.checkDirect();
  const published = await fairlead.metric("fairlead_bus_published_events_total");
  return { rate: (linesEach * connections) / seconds, linesPerBatch: (linesEach * connections) / published };
}

export async function measure(isSmoke: boolean): Promise<void> {
  const linesEach = isSmoke ? 5_000 : 1_000_000;
  const total = linesEach * connections;
  const inbox = ["tcp.records"];

  await using rabbit = await startRabbit();
  const withQuorum = await throughFairlead(rabbit.url, inbox, linesEach);
  const linesPerBatch = Math.round(withQuorum.linesPerBatch);
  const batches = Math.ceil(total / linesPerBatch);
  const straightSeconds = await publishStraight(rabbit.url, batches, linesPerBatch * lineBytes);
  const straight = (batches * linesPerBatch) / straightSeconds;
  const singles = isSmoke ? 1_000 : 100_000;
  const single = singles / (await publishStraight(rabbit.url, singles, lineBytes));

  await using plain = await startRabbit();
  const streamOnly = await throughFairlead(plain.url, [], linesEach);

  report(
    `bench tcp-ingest --engine amqp: ${lineBytes}-byte lines on ${connections} connections, durable acks, log stream and quorum queue`,
    [
      { what: "fairlead", value: perSecond(withQuorum.rate, 1, "lines") },
      { what: "lines in a batch", value: String(linesPerBatch) },
      { what: "the same batches straight with amqplib", value: perSecond(straight, 1, "lines") },
      { what: "one confirmed message per line", value: perSecond(single, 1, "lines") },
      { what: "fairlead, stream only", value: perSecond(streamOnly.rate, 1, "lines") },
    ],
    [
      {
        what: "fairlead / straight amqplib",
        ratio: withQuorum.rate / straight,
        limit: 0.6,
        direction: "at least",
      },
      {
        what: "fairlead / one message per line",
        ratio: withQuorum.rate / single,
        limit: 15,
        direction: "at least",
      },
    ],
  );
}
