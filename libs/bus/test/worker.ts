/** A worker process that tails and publishes over its channel until it is killed. */
import { eventOf, range } from "../src/contract/support.ts";
import { openIpcBus } from "../src/ipc/ipc-bus.ts";

const bus = await openIpcBus(process);
const first = bus.tail({ after: 0 })[Symbol.asyncIterator]();
const second = bus.tail({ after: 0, types: ["#"] })[Symbol.asyncIterator]();
await Promise.all(range(100).map((id) => bus.publish(eventOf(id))));
await Promise.all([first.next(), second.next()]);
await bus.publish(eventOf("said"));
