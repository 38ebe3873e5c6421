/** Publishes numbered events, several under way, and prints each number once it is durable. Ends by being killed. */
import { eventOf } from "../src/contract/support.ts";
import { openSqliteBus } from "../src/sqlite/sqlite-bus.ts";

const bus = await openSqliteBus({ path: process.argv[2]! });
let next = Number(process.argv[3]);
const publishOn = async () => {
  for (;;) {
    const id = next++;
    await bus.publish(eventOf(id, { data: Buffer.alloc(id % 50 === 0 ? 100_000 : 200, String(id)) }));
    process.stdout.write(`${id}\n`);
  }
};
await Promise.all(Array.from({ length: 32 }, publishOn));
