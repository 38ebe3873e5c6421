/**
 * The message bus: `publish` that is durable when it resolves, `tail` from any offset. Drivers behind one interface.
 *
 * @module
 */
export type { Bus, BusHealth, LoggedEvent, TailOptions } from "./bus.ts";
export { BusError, type BusErrorCode } from "./errors.ts";
export { openSqliteBus, SqliteBus, type SqliteBusOptions } from "./sqlite/sqlite-bus.ts";
