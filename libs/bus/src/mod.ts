/**
 * The message bus: `publish` that is durable when it resolves, `tail` from any offset. Drivers behind one interface.
 *
 * @module
 */
export type { Bus, BusHealth, LoggedEvent, TailOptions } from "./bus.ts";
export {
  type BusConfig,
  type BusConfigInput,
  type BusDependencies,
  busConfigSchema,
  openBus,
} from "./config.ts";
export { BusError, type BusErrorCode } from "./errors.ts";
export { type IpcBusOptions, openIpcBus } from "./ipc/ipc-bus.ts";
export type { BusPort } from "./ipc/protocol.ts";
export { serveBus } from "./ipc/serve.ts";
export { openSqliteBus, SqliteBus, type SqliteBusOptions } from "./sqlite/sqlite-bus.ts";
