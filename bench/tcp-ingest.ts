/**
 * Lines per second with durable acks, beside what SQLite itself reaches with the same durability:
 * the same batches, as Fairlead made them in this run, in the same groups per fsync; and one fsync per line.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteBus } from "@fairlead/bus";
import { configWithoutListeners } from "@fairlead/engine/testing";
import { services } from "@fairlead/standalone";
import { median, report } from "./figures.ts";
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

interface Round {
  readonly ours: number;
  readonly straight: number;
  readonly oneByOne: number;
  readonly batches: string;
}

/** Lines per second of Fairlead and of its peers, one after the other. */
async function measureRound(linesEach: number, singles: number): Promise<Round> {
  const total = linesEach * connections;
  const port = await freePort();
  await using fairlead = await Fairlead.start({
    ...configWithoutListeners(services),
    "tcp-gateway": { listeners: [{ name: "lines", port }] },
  });
  await using load = new Program("load/tcp-lines.ts", [port, connections, linesEach, lineBytes]);
  const { seconds } = await load.next<{ seconds: number }>();
  const commits = await fairlead.metric("fairlead_bus_commits_total");
  await fairlead.stop();
  const { sizes, lines } = await readBatches(fairlead.dataDirectory);
  if (lines !== total)
    throw new Error(`Cannot measure: ${total} lines were acknowledged and ${lines} are stored`);

  const peer = join(fairlead.dataDirectory, "peer.db");
  const perCommit = Math.max(1, Math.round(sizes.length / commits));
  const straightSeconds = writeBatches(peer, sizes, perCommit);
  for (const suffix of ["", "-wal", "-shm"]) await rm(peer + suffix, { force: true });
  const single = Array.from({ length: singles }, () => lineBytes);
  return {
    ours: total / seconds,
    straight: total / straightSeconds,
    oneByOne: singles / writeBatches(peer, single, 1),
    batches: `${sizes.length}, ${Math.round(total / sizes.length)} lines each, ${perCommit} per fsync`,
  };
}

export async function measure(isSmoke: boolean): Promise<void> {
  const rounds: Round[] = [];
  for (let round = 0; round < (isSmoke ? 1 : 3); round++) {
    rounds.push(await measureRound(isSmoke ? 5_000 : 2_000_000, isSmoke ? 100 : 2_000));
  }
  const rates = (of: (round: Round) => number) =>
    `${rounds.map((round) => Math.round(of(round)).toLocaleString("en")).join(", ")} lines/s`;
  report(
    `bench tcp-ingest: ${lineBytes}-byte lines on ${connections} connections, durable acks, embedded; medians of ${rounds.length} rounds`,
    [
      { what: "fairlead", value: rates(({ ours }) => ours) },
      { what: "batches", value: rounds[0]?.batches ?? "" },
      { what: "the same batches straight into SQLite", value: rates(({ straight }) => straight) },
      { what: "one fsync per line", value: rates(({ oneByOne }) => oneByOne) },
    ],
    [
      {
        what: "fairlead / straight SQLite",
        ratio: median(rounds.map(({ ours, straight }) => ours / straight)),
        limit: 0.6,
        direction: "at least",
      },
      {
        what: "fairlead / one fsync per line",
        ratio: median(rounds.map(({ ours, oneByOne }) => ours / oneByOne)),
        limit: 15,
        direction: "at least",
      },
    ],
  );
}
