/**
 * SQLite files that survive: lock, open, room, set aside, recover, and one thread that owns a file.
 *
 * @module
 */
export { checkStructure } from "./check.ts";
export { openDurable, transact } from "./database.ts";
export { type NamedFile, SqliteFileError, type SqliteFileErrorCode } from "./errors.ts";
export { FileThread } from "./file-thread.ts";
export { openOrRepair } from "./open-or-repair.ts";
export { PageFile } from "./pages.ts";
export { keepPrivate, restrict } from "./private-files.ts";
export type { SqlValue } from "./record-format.ts";
export { replaceDamaged } from "./replace.ts";
export { isCorruption, resultCode, resultCodes } from "./result-codes.ts";
export { capRoom, minFileBytes, planRoom, type Room, type RoomPlan, usedBytes } from "./room.ts";
export { salvage, salvageFile } from "./salvage.ts";
export { type Answering, type Send, serveFile } from "./serve-file.ts";
export { damagedName, damagedPrefix, setAside } from "./set-aside.ts";
export { type ErrorFacts, errorFacts } from "./thread-messages.ts";
export { readWal, type WalContent } from "./wal.ts";
