/**
 * Lines per second with durable acks, beside what SQLite itself reaches with the same durability:
 * the same batches, as Fairlead made them in this run, in the same groups per fsync; and one fsync per line.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteBus } from "@fairlead/bus";
import { perSecond, report } from "./figures.ts";
import { Fairlead, freePort, Program } from "./processes.ts";

const lineBytes = 100;
const connections = 4;

interface Batches {
  /** Bytes of each batch, in the order of the log. */
  readonly sizes: readonly number[];
  readonly lines: number;
}

async function readBatches(dataDirectory: string): Promise<Batches> {
  await using log = await openSqliteBus({ path: join(dataDirectory, "events.db") });
  const sizes: number[] = [];
  let lines = 0;
  for await (const { event } of log.tail({ after: 0, follow: false, types: ["tcp.records"] })) {
    sizes.push(event.data.length);
    lines += Number(event.extensions["recordcount"]);
  }
  return { sizes, lines };
}

function openPeer(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  db.exec("CREATE TABLE batches (id INTEGER PRIMARY KEY, data BLOB NOT NULL)");
  return db;
}

/** Seconds to write the batches, `perCommit` of them in one transaction. */
function writeBatches(file: string, sizes: readonly number[], perCommit: number): number {
  using db = openPeer(file);
  const insert = db.prepare("INSERT INTO batches (data) VALUES (?)");
  const bytes = Buffer.alloc(Math.max(...sizes), "x");
  const startedAt = performance.now();
  for (let start = 0; start < sizes.length; start += perCommit) {
    db.exec("BEGIN");
    for (const size of sizes.slice(start, start + perCommit)) insert.run(bytes.subarray(0, size));
    db.exec("COMMIT");
  }
  return (performance.now() - startedAt) / 1_000;
}

export async function measure(isSmoke: boolean): Promise<void> {
  const linesEach = isSmoke ? 5_000 : 2_000_000;
  const total = linesEach * connections;
  const port = await freePort();
  await using fairlead = await Fairlead.start({
    "tcp-gateway": { listeners: [{ name: "lines", port }] },
    "udp-collector": { listeners: [] },
  });
  await using load = new Program("load/tcp-lines.ts", [port, connections, linesEach, lineBytes]);
  const { seconds } = await load.next<{ seconds: number }>();
  const commits = await fairlead.metric("fairlead_bus_commits");
  await fairlead.stop();
  const { sizes, lines } = await readBatches(fairlead.dataDirectory);
  if (lines !== total)
    throw new Error(`Cannot measure: ${total} lines were acknowledged and ${lines} are stored`);

  const peer = join(fairlead.dataDirectory, "peer.db");
  const perCommit = Math.max(1, Math.round(sizes.length / commits));
  const straight = writeBatches(peer, sizes, perCommit);
  const single = Array.from({ length: isSmoke ? 100 : 2_000 }, () => lineBytes);
  for (const suffix of ["", "-wal", "-shm"]) await rm(peer + suffix, { force: true });
  const oneByOne = writeBatches(peer, single, 1);

  const ours = total / seconds;
  report(
    `bench tcp-ingest: ${lineBytes}-byte lines on ${connections} connections, durable acks, embedded`,
    [
      { what: "fairlead", value: perSecond(total, seconds, "lines") },
      {
        what: "batches",
        value: `${sizes.length}, ${Math.round(total / sizes.length)} lines each, ${perCommit} per fsync`,
      },
      { what: "the same batches straight into SQLite", value: perSecond(total, straight, "lines") },
      { what: "one fsync per line", value: perSecond(single.length, oneByOne, "lines") },
    ],
    [
      {
        what: "fairlead / straight SQLite",
        ratio: ours / (total / straight),
        limit: 0.6,
        direction: "at least",
      },
      {
        what: "fairlead / one fsync per line",
        ratio: ours / (single.length / oneByOne),
        limit: 15,
        direction: "at least",
      },
    ],
  );
}
