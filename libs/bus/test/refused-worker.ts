/** A worker process that reports the errors that it gets. */

import { collect, eventOf, history } from "../src/contract/support.ts";
import { BusError } from "../src/errors.ts";
import { openIpcBus } from "../src/ipc/ipc-bus.ts";

const bus = await openIpcBus(process);
const describe = (error: unknown) =>
  error instanceof BusError ? [error.name, error.code, error.message, error.retryable] : [String(error)];
const told = await Promise.all([
  bus.publish(eventOf(1)).catch(describe),
  collect(bus, history).catch(describe),
]);
process.send?.([told]);
await bus[Symbol.asyncDispose]();
