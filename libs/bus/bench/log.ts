/**
 * Where should the database live? Compares, in one run: the bytes written straight into SQLite in the same batches with
 * the same durability; the same log on the event loop; the log in its thread. Prints ratios, and how long the event
 * loop stood still. `node libs/bus/bench/log.ts [directory] [rounds]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import type { CloudEvent } from "@fairlead/contracts";
import { LogFile } from "../src/sqlite/log-file.ts";
import { Packer } from "../src/sqlite/packer.ts";
import { encodeHead } from "../src/sqlite/record.ts";
import { openSqliteBus } from "../src/sqlite/sqlite-bus.ts";

interface Load {
  readonly name: string;
  readonly eventBytes: number;
  readonly events: number;
  /** Events published at a time; also the batch of the direct writer. */
  readonly window: number;
}

interface Result {
  readonly perSecond: number;
  readonly stallMs: number;
}

const loads: readonly Load[] = [
  { name: "64 KiB events", eventBytes: 65_536, events: 3_000, window: 64 },
  { name: "100 byte events", eventBytes: 100, events: 200_000, window: 4_096 },
];

const eventOf = (bytes: number): CloudEvent => ({
  id: "01890a5d-ac96-774b-bcce-b302099a8057",
  source: "/tcp-gateway/bench/lines",
  type: "dev.fairlead.tcp.records",
  subject: "01890a5d-ac96-774b-bcce-b302099a8058",
  time: "2026-01-02T03:04:05.678Z",
  datacontenttype: "application/vnd.fairlead.lines",
  data: Buffer.alloc(bytes, "line of a hundred bytes\n"),
  extensions: { recordcount: 655, firstseq: 1 },
});

const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), "fairlead-bench-"));
let files = 0;
const newPath = () => join(directory, `${files++}.db`);
const groupBytes = 1 << 20;
const perGroup = ({ eventBytes, window }: Load) =>
  Math.max(1, Math.min(window / 4, Math.floor(groupBytes / eventBytes)));

/** The floor: one statement, one row per event, one commit per group, nothing else. */
async function direct(load: Load): Promise<number> {
  const db = new DatabaseSync(newPath());
  db.exec(`PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;
    PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 1024; CREATE TABLE e (o INTEGER PRIMARY KEY, head TEXT, data BLOB)`);
  const insert = db.prepare("INSERT INTO e (head, data) VALUES (?, ?)");
  const event = eventOf(load.eventBytes);
  const head = encodeHead(event);
  const start = performance.now();
  for (let done = 0; done < load.events; ) {
    db.exec("BEGIN");
    for (let index = 0; index < perGroup(load); index++, done++) insert.run(head, event.data);
    db.exec("COMMIT");
  }
  const seconds = (performance.now() - start) / 1_000;
  db.close();
  return load.events / seconds;
}

/** The same log, committing on the event loop once per turn. */
async function onTheLoop(load: Load): Promise<number> {
  const log = new LogFile({ path: newPath(), maxAgeMs: 1e9, minAgeMs: 1e6, maxBytes: 4 * 2 ** 30 });
  const event = eventOf(load.eventBytes);
  const start = performance.now();
  for (let done = 0; done < load.events; ) {
    const packer = new Packer(groupBytes);
    for (let index = 0; index < perGroup(load); index++, done++)
      packer.add(0, undefined, event.type, encodeHead(event), event.data);
    const { bytes, count } = packer;
    log.append(Buffer.from(packer.take(), 0, bytes), count);
    await new Promise(setImmediate);
  }
  const seconds = (performance.now() - start) / 1_000;
  log.close();
  return load.events / seconds;
}

async function inTheThread(load: Load): Promise<number> {
  const bus = await openSqliteBus({ path: newPath() });
  const event = eventOf(load.eventBytes);
  const start = performance.now();
  let sent = 0;
  const publishOn = async () => {
    while (sent++ < load.events) await bus.publish(event);
  };
  await Promise.all(Array.from({ length: load.window }, publishOn));
  const seconds = (performance.now() - start) / 1_000;
  await bus[Symbol.asyncDispose]();
  return load.events / seconds;
}

async function measure(run: (load: Load) => Promise<number>, load: Load): Promise<Result> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const perSecond = await run(load);
  delay.disable();
  return { perSecond, stallMs: delay.max / 1e6 };
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

try {
  const rounds = Number(process.argv[3] ?? 3);
  for (const load of loads) {
    const results = { direct: [] as Result[], loop: [] as Result[], thread: [] as Result[] };
    // Interleaved, so that what else the machine does falls on all alike.
    for (let round = 0; round < rounds; round++) {
      results.direct.push(await measure(direct, load));
      results.loop.push(await measure(onTheLoop, load));
      results.thread.push(await measure(inTheThread, load));
    }
    const rate = (of: readonly Result[]) => median(of.map(({ perSecond }) => perSecond));
    const stall = (of: readonly Result[]) => median(of.map(({ stallMs }) => stallMs)).toFixed(1);
    const ratio = (of: readonly Result[]) => (rate(of) / rate(results.direct)).toFixed(2);
    console.log(`${load.name}: direct ${Math.round(rate(results.direct))}/s`);
    console.log(`  on the loop   ${ratio(results.loop)} of direct, longest stall ${stall(results.loop)} ms`);
    console.log(
      `  in the thread ${ratio(results.thread)} of direct, longest stall ${stall(results.thread)} ms`,
    );
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
