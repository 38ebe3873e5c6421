/**
 * SQLite files that survive: lock, open, room, set aside, recover, and one thread that owns a file.
 *
 * @module
 */
export { checkStructure } from "./check.ts";
export { type DurableSchema, openDurable, pageBytes, pragma, transact } from "./database.ts";
export { type NamedFile, SqliteFileError, type SqliteFileErrorCode } from "./errors.ts";
export { FileThread, type FileThreadParts } from "./file-thread.ts";
export { lockFile } from "./lock.ts";
export { type OpenOrRepair, openOrRepair } from "./open-or-repair.ts";
export { PageFile } from "./pages.ts";
export { parseRecord, type SqlValue } from "./record-format.ts";
export { type Replaced, replaceDamaged } from "./replace.ts";
export { isCorruption, resultCode, resultCodes } from "./result-codes.ts";
export { capRoom, minFileBytes, planRoom, type Room, type RoomPlan, usedBytes } from "./room.ts";
export { type Identify, type Leaves, salvage, salvageFile } from "./salvage.ts";
export { type Answering, type Send, type ServedFile, serveFile } from "./serve-file.ts";
export { damagedName, damagedPrefix, setAside } from "./set-aside.ts";
export { type ErrorFacts, errorFacts } from "./thread-messages.ts";
export { readWal, type WalContent } from "./wal.ts";
