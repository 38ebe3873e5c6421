/** Publishes to a bus without a broker and prints what was acknowledged, until it is killed. */
import { errorCode } from "@fairlead/core";
import { eventOf, openTestBus } from "./rabbit.ts";

const [url = "", directory = ""] = process.argv.slice(2);
const { bus } = await openTestBus(url, { directory, spool: { maxBytes: 4 << 20 } });
const data = Buffer.alloc(8_192, "x");
for (let number = 1; ; number += 8) {
  const done = await Promise.allSettled(
    Array.from({ length: 8 }, async (_, index) => {
      await bus.publish(eventOf(`0:${number + index}`, { data }));
      return number + index;
    }),
  );
  const accepted = done.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const refused = done.flatMap((one) => (one.status === "rejected" ? [errorCode(one.reason)] : []));
  process.stdout.write(`${JSON.stringify({ accepted, refused })}\n`);
}
