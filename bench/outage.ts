/** The rate while the broker is away, and the rate at which the spool is then emptied, beside the healthy rate. */
import { startRabbit } from "@fairlead/harness";
import { perSecond, report } from "./figures.ts";
import { Fairlead, Program } from "./processes.ts";

const lineBytes = 100;
const connections = 4;

export async function measure(isSmoke: boolean): Promise<void> {
  const linesEach = isSmoke ? 5_000 : 1_000_000;
  const total = linesEach * connections;
  await using rabbit = await startRabbit();
  const { fairlead, port } = await Fairlead.startOnRabbit(rabbit.url, ["tcp.records"]);
  await using _running = fairlead;
  const send = async () => {
    await using load = new Program("load/tcp-lines.ts", [port, connections, linesEach, lineBytes]);
    return (await load.next<{ seconds: number }>()).seconds;
  };
  const healthy = await send();
  await fairlead.checkDirect();
  await rabbit.kill();
  const away = await send();
  const spooled = await fairlead.metric("fairlead_bus_spooled_events");
  await rabbit.restart();
  // From the first event that leaves the spool, so that the broker's own start does not count.
  while ((await fairlead.metric("fairlead_bus_spooled_events")) >= spooled) await pause();
  const startedAt = performance.now();
  const left = await fairlead.metric("fairlead_bus_spooled_events");
  while ((await fairlead.metric("fairlead_bus_spooled_events")) > 0) await pause();
  const seconds = (performance.now() - startedAt) / 1_000;
  const emptying = ((left / spooled) * total) / seconds;

  const rate = total / healthy;
  report(
    `bench outage: ${lineBytes}-byte lines on ${connections} connections, stream and quorum queue`,
    [
      { what: "healthy", value: perSecond(total, healthy, "lines") },
      { what: "broker away, into the spool", value: perSecond(total, away, "lines") },
      { what: "emptying", value: perSecond(emptying, 1, "lines") },
    ],
    [
      { what: "spool / healthy", ratio: total / away / rate, limit: 0.5, direction: "at least" },
      { what: "emptying / healthy", ratio: emptying / rate, limit: 1, direction: "at least" },
    ],
  );
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
