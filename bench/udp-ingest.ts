/**
 * The highest rate of 100-byte datagrams without a loss: Fairlead's raw listener (each datagram durable in an event) beside
 * a bare dgram handler that only counts. Both are searched in the same way, in the same run, with the same load.
 */
import { configWithoutListeners } from "@fairlead/engine/testing";
import { services } from "@fairlead/standalone";
import { report } from "./figures.ts";
import { Fairlead, freePort, Program } from "./processes.ts";

interface Receiver {
  readonly port: number;
  /** Datagrams received so far. */
  received(): Promise<number>;
}

const seconds = 2;
/** A rate counts when one of so many tries loses nothing: a moment of other work on the machine is not the receiver's limit. */
const tries = 2;

/** One try at a rate: how many were sent, how many arrived, and the rate that the load really reached. */
async function attempt(receiver: Receiver, rate: number): Promise<{ lost: number; rate: number }> {
  const before = await receiver.received();
  await using load = new Program("load/datagrams.ts", [receiver.port, rate, seconds, 100]);
  const { sent, seconds: took } = await load.next<{ sent: number; seconds: number }>();
  let arrived = -1;
  for (let now = 0; now !== arrived; ) {
    arrived = now;
    await new Promise((resolve) => setTimeout(resolve, 200));
    now = (await receiver.received()) - before;
  }
  return { lost: sent - arrived, rate: sent / took };
}

/** Doubles until a loss, then halves the interval; the load's own limit ends it too. */
async function highestRate(
  receiver: Receiver,
  steps: number,
): Promise<{ rate: number; limitedByLoad: boolean }> {
  let good = 0;
  let bad = Number.POSITIVE_INFINITY;
  let rate = 20_000;
  for (let step = 0; step < steps; step++) {
    let tried = await attempt(receiver, rate);
    for (let more = 1; tried.lost > 0 && more < tries; more++) tried = await attempt(receiver, rate);
    if (tried.lost === 0) {
      good = Math.max(good, tried.rate);
      if (tried.rate < rate * 0.95) return { rate: good, limitedByLoad: true };
    } else bad = Math.min(bad, rate);
    rate = bad === Number.POSITIVE_INFINITY ? rate * 2 : (good + bad) / 2;
  }
  return { rate: good, limitedByLoad: false };
}

export async function measure(isSmoke: boolean): Promise<void> {
  const steps = isSmoke ? 1 : 9;
  await using bare = new Program("peers/bare-dgram.ts", []);
  const { port: barePort } = await bare.next<{ port: number }>();
  const peer = await highestRate(
    {
      port: barePort,
      received: async () => {
        bare.tell("?");
        return (await bare.next<{ received: number }>()).received;
      },
    },
    steps,
  );

  const port = await freePort();
  await using fairlead = await Fairlead.start({
    ...configWithoutListeners(services),
    "udp-collector": { listeners: [{ name: "raw", kind: "raw", port }] },
  });
  const ours = await highestRate(
    {
      port,
      received: async () => {
        const { listeners } = await fairlead.get<{ listeners: { ledger: { published: number } }[] }>(
          "/v1/udp/listeners",
        );
        return listeners[0]!.ledger.published;
      },
    },
    steps,
  );

  const rate = (result: typeof ours) =>
    `${Math.round(result.rate).toLocaleString("en")} datagrams/s${result.limitedByLoad ? " (as fast as the load could send)" : ""}`;
  report(
    "bench udp-ingest: 100-byte datagrams, highest rate without loss",
    [
      { what: "bare dgram, counting only", value: rate(peer) },
      { what: "fairlead, durable", value: rate(ours) },
    ],
    [{ what: "fairlead / bare", ratio: ours.rate / peer.rate, limit: 0.5, direction: "at least" }],
  );
}
