/**
 * SQLite files that survive: lock, open, room, set aside, recover, and one thread that owns a file.
 *
 * @module
 */
export { type DurableSchema, openDurable, pageBytes, pragma, transact } from "./database.ts";
export { type NamedFile, SqliteFileError, type SqliteFileErrorCode } from "./errors.ts";
export { lockFile } from "./lock.ts";
export { finishReplacement, type Replaced, replaceDamaged } from "./replace.ts";
export { isCorruption, resultCode, resultCodes } from "./result-codes.ts";
export { capRoom, minFileBytes, planRoom, type Room, type RoomPlan, usedBytes } from "./room.ts";
export { damagedName, damagedPrefix, setAside } from "./set-aside.ts";
