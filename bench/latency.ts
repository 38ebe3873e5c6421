/** One line every 10 ms on a healthy broker: from the last byte sent to the ack, beside a bare confirmed publish. */
import { once } from "node:events";
import { connect } from "node:net";
import { startRabbit } from "@fairlead/harness";
import { median, report } from "./figures.ts";
import { timeConfirms } from "./peers/straight-amqp.ts";
import { Fairlead } from "./processes.ts";

const pauseMs = 10;
const lineBytes = 100;

async function timeAcks(port: number, count: number): Promise<number[]> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const line = `${"x".repeat(lineBytes - 1)}\n`;
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const startedAt = performance.now();
    socket.write(line);
    await once(socket, "data");
    times.push(performance.now() - startedAt);
  }
  socket.destroy();
  return times;
}

export async function measure(isSmoke: boolean): Promise<void> {
  const count = isSmoke ? 50 : 500;
  await using rabbit = await startRabbit();
  const { fairlead, port } = await Fairlead.startOnRabbit(rabbit.url, ["tcp.records"]);
  await using _running = fairlead;
  // In turn, so that both meet the same moods of the machine.
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < 4; round++) {
    ours.push(...(await timeAcks(port, count / 4)));
    bare.push(...(await timeConfirms(rabbit.url, count / 4, lineBytes, pauseMs)));
  }
  await fairlead.checkDirect();
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  const p99 = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)]!;
  report(
    "bench latency: one 100-byte line every 10 ms, stream and quorum queue",
    [
      { what: "fairlead, p50 / p99", value: `${ms(median(ours))} / ${ms(p99(ours))}` },
      { what: "bare confirmed publish, p50 / p99", value: `${ms(median(bare))} / ${ms(p99(bare))}` },
    ],
    [{ what: "fairlead / bare, p50", ratio: median(ours) / median(bare), limit: 3, direction: "at most" }],
  );
}
