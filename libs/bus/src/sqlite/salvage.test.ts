import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readWal } from "@fairlead/sqlite";
import fc from "fast-check";
import { temporaryDirectory } from "../../test/temporary.ts";
import { LogFile } from "./log-file.ts";
import { Packer } from "./packer.ts";
import { salvageLog } from "./salvage.ts";

const settings = (path: string) => ({ path, maxAgeMs: 1e9, minAgeMs: 1e6, maxBytes: 64 << 20 });

/** Writes events of these sizes, one group each, and copies what a crash would leave. */
function writeAndCopy(path: string, to: string, sizes: readonly number[], checkpointAfter: number): void {
  const log = new LogFile(settings(path));
  for (const [index, size] of sizes.entries()) {
    const packer = new Packer(64);
    packer.add(0, undefined, "dev.fairlead.tcp.records", `["${index}"]`, Buffer.alloc(size, index));
    log.append(Buffer.from(packer.take(), 0, packer.bytes), 1);
    if (index === checkpointAfter) log.checkpoint();
  }
  copyFileSync(path, to);
  copyFileSync(`${path}-wal`, `${to}-wal`);
  log.close();
}

test("salvageLog() finds every event of a sound log, in its file and its write-ahead log, whatever their sizes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(300), fc.integer({ min: 15_800, max: 16_600 }), fc.nat(100_000)), {
        maxLength: 30,
      }),
      fc.nat(30),
      (sizes, checkpointAfter) => {
        using directory = temporaryDirectory();
        const copy = join(directory.path, "copy.db");
        writeAndCopy(join(directory.path, "events.db"), copy, sizes, checkpointAfter);
        assert.equal(readWal(`${copy}-wal`).damage, undefined);
        const found = new Map<number, number>();
        for (const one of salvageLog(copy)) {
          if (one.kind !== "event") continue;
          assert.equal(one.head.toString(), `["${one.offset - 1}"]`);
          found.set(one.offset, one.data.length);
        }
        assert.deepEqual(
          [...found].sort(([a], [b]) => a - b),
          sizes.map((size, index) => [index + 1, size]),
        );
      },
    ),
    { numRuns: 15 },
  );
});

test("salvageLog() take any bytes and give nothing that was not written", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80_000, size: "max" }), fc.boolean(), (bytes, looksLikeLeaf) => {
      using directory = temporaryDirectory();
      const path = join(directory.path, "any.db");
      if (looksLikeLeaf) for (let at = 0; at < bytes.length; at += 16_384) bytes[at] = 0x0d;
      writeFileSync(path, bytes);
      writeFileSync(`${path}-wal`, bytes);
      const events = [...salvageLog(path)].filter(({ kind }) => kind === "event");
      assert.deepEqual(events, []);
    }),
    { numRuns: 60 },
  );
});
