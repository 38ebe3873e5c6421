/**
 * SQLite files that survive: lock, open, room, set aside, recover, and one thread that owns a file.
 *
 * @module
 */
export {};
