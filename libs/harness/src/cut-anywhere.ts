import assert from "node:assert/strict";
import { eventually, within } from "./deadline.ts";
import { type FaultProxy, startProxy } from "./proxy.ts";

/** No method of AMQP 0-9-1 is shorter: type, channel, size, class and method, end. So a cut comes before the end of each frame. */
const shortestMethodBytes = 12;
const lanes = 4;

/**
 * Does some work with RabbitMQ again and again through a proxy that cuts its connections after so many bytes from the broker, each
 * time at a later place, until there is nothing left to cut. The work must end each time, as soon as the proxy lets everything pass.
 * @param work with its own url, and the lane that it runs in: one at a time in each
 * @returns the number of places, more than 40
 */
export async function cutAnywhere(
  port: number,
  work: (url: string, lane: number) => Promise<void>,
): Promise<number> {
  let places = 0;
  let isThrough = false;
  let hasFailed = false;
  const run = async (lane: number) => {
    while (!isThrough && !hasFailed) {
      const bytes = places++ * shortestMethodBytes;
      await using proxy = await startProxy({ port });
      await proxy.setMode({ kind: "cutAfter", bytes, direction: "toClient" });
      const done = new AbortController();
      const letPass = passAfterCuts(proxy, done.signal);
      try {
        const working = work(`amqp://guest:guest@127.0.0.1:${proxy.port}`, lane);
        await within(working, `an end of what was cut after ${bytes} bytes`);
      } catch (error) {
        hasFailed = true;
        throw error;
      } finally {
        done.abort();
        await letPass;
      }
      if (proxy.cuts === 0) isThrough = true;
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
  assert.ok(places > 40, `only ${places} places were cut`);
  return places;
}

/** Two, because most of what is tried here has two connections. */
async function passAfterCuts(proxy: FaultProxy, over: AbortSignal): Promise<void> {
  await eventually(() => proxy.cuts >= 2 || over.aborted, "cuts, or an end of the work");
  await proxy.setMode({ kind: "pass" });
}
