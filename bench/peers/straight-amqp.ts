/** The peer of the amqp benches: amqplib alone, persistent, mandatory, confirmed, with a window like Fairlead's. */
import { once } from "node:events";
import { connect } from "amqplib";

const windowMessages = 1_024;
const windowBytes = 32 << 20;

/** Seconds until `count` messages of `bytes` each are confirmed by everything that `fairlead.events` routes them to. */
export async function publishStraight(url: string, count: number, bytes: number): Promise<number> {
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  const content = Buffer.alloc(bytes, "x");
  const inFlight = Math.max(1, Math.min(windowMessages, Math.floor(windowBytes / bytes)));
  let sent = 0;
  let confirmed = 0;
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    channel.on("return", () => reject(new Error("Cannot measure: a message was returned")));
    const pump = () => {
      while (sent < count && sent - confirmed < inFlight) {
        sent++;
        const options = { persistent: true, mandatory: true, messageId: String(sent) };
        channel.publish("fairlead.events", "tcp.records", content, options, (error: unknown) => {
          if (error) return reject(error);
          confirmed++;
          if (confirmed === count) resolve();
          else pump();
        });
      }
    };
    pump();
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  await connection.close();
  return seconds;
}

/** Milliseconds of each of `count` publishes, one at a time with a pause, from the call to its confirm. */
export async function timeConfirms(
  url: string,
  count: number,
  bytes: number,
  pauseMs: number,
): Promise<number[]> {
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  const content = Buffer.alloc(bytes, "x");
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const startedAt = performance.now();
    const confirmed = once(channel, "ack");
    channel.publish("fairlead.events", "tcp.records", content, { persistent: true, mandatory: true });
    await confirmed;
    times.push(performance.now() - startedAt);
  }
  await connection.close();
  return times;
}
