/** Bumped when a table changes. State expires: a file of another version is moved aside, not migrated. */
export const schemaVersion = 1;

/** What must survive a crash. */
export const durableSchema = `
  CREATE TABLE lease (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, fence INTEGER NOT NULL, lease_ends_ms INTEGER NOT NULL,
    is_released INTEGER NOT NULL, expires_ms INTEGER NOT NULL
  );
  CREATE INDEX lease_expires ON lease (expires_ms);
  CREATE TABLE idempotency (
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, claim_id TEXT NOT NULL, status TEXT NOT NULL, outcome TEXT,
    expires_ms INTEGER NOT NULL
  );
  CREATE INDEX idempotency_expires ON idempotency (expires_ms);
  CREATE TABLE value (key TEXT PRIMARY KEY, json TEXT NOT NULL, expires_ms INTEGER NOT NULL);
  CREATE INDEX value_expires ON value (expires_ms);
`;

/**
 * What lives and dies with the process that owns the file, in memory. Connections end with their process, so that
 * presence on disk would be wrong after a restart; a rate limit that starts afresh after a restart gives one more burst.
 */
export const liveSchema = `
  CREATE TABLE rate (
    key TEXT PRIMARY KEY, base_us INTEGER NOT NULL, used REAL NOT NULL, rate REAL NOT NULL, expires_ms INTEGER NOT NULL
  );
  CREATE INDEX rate_expires ON rate (expires_ms);
  CREATE TABLE rate_call (
    key TEXT NOT NULL, call_id TEXT NOT NULL, remaining INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
    PRIMARY KEY (key, call_id)
  );
  CREATE INDEX rate_call_expires ON rate_call (expires_ms);
  CREATE TABLE instance (instance TEXT PRIMARY KEY, alive_until_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL);
  CREATE TABLE connection (id TEXT PRIMARY KEY, instance TEXT NOT NULL, info TEXT NOT NULL);
  CREATE INDEX connection_instance ON connection (instance);
  CREATE TABLE member (room TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (room, id));
  CREATE INDEX member_id ON member (id);
`;
