import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { approximateSize } from "@fairlead/client/cli";
import { errorCode, toError } from "@fairlead/core";
import { type EngineConfig, nearestExisting } from "@fairlead/engine";
import { type Finding, fault, ok, warning } from "./finding.ts";

/** statfs(2): the magic numbers of file systems that live in memory. */
const inMemory: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

/** A file that grows in a directory up to a limit: "the log". */
interface Growth {
  readonly what: string;
  readonly key: string;
  readonly maxBytes: number;
}

/** Checks the directories of the files that are kept here: of the log, or of the spool where RabbitMQ has the log. */
export function checkDirectories({ dataDir, bus }: EngineConfig): Finding[] {
  if (bus.amqp === undefined) {
    return checkDirectory(dataDir, { what: "the log", key: "bus.maxBytes", maxBytes: bus.maxBytes });
  }
  const { path, maxBytes } = bus.spool;
  const ofSpool = dirname(resolve(dataDir, path));
  const spool = { what: "the spool", key: "bus.spool.maxBytes", maxBytes };
  if (ofSpool === dataDir) return checkDirectory(dataDir, spool);
  return [
    checkWritable(`data directory ${dataDir}`, dataDir),
    ...checkDirectory(ofSpool, spool, `directory of the spool ${ofSpool}`),
  ];
}

/** Checks that the promise can be kept in a directory: it is writable, on a disk, and has room for the file that grows there. */
export function checkDirectory(path: string, growth: Growth, subject = `data directory ${path}`): Finding[] {
  return [checkWritable(subject, path), ...checkRoom(path, nearestExisting(path), growth)];
}

/** A directory that does not exist yet is made at the start, so the nearest one above it must be writable. */
function checkWritable(subject: string, path: string): Finding {
  const existing = nearestExisting(path);
  const probe = join(existing, `.fairlead-doctor-${process.pid}`);
  try {
    const file = openSync(probe, "wx", 0o600);
    try {
      writeSync(file, "probe");
      fsyncSync(file);
    } finally {
      closeSync(file);
      rmSync(probe, { force: true });
    }
    return ok(subject, existing === path ? "can be written" : `will be made in ${existing}`);
  } catch (error) {
    return fault(subject, ...whyNotWritable(existing, error));
  }
}

/** @returns words and advice */
function whyNotWritable(folder: string, error: unknown): [words: string, advice: string] {
  const user = process.getuid?.() ?? "this user";
  const elsewhere = "choose another one with FAIRLEAD_DATA_DIR";
  switch (errorCode(error)) {
    case "EACCES":
    case "EPERM":
      return [
        `${folder} is not writable for user ${user}`,
        `chown ${user} ${folder}, or choose another directory with FAIRLEAD_DATA_DIR`,
      ];
    case "EROFS":
      return [`${folder} is on a read-only file system`, "choose another directory with FAIRLEAD_DATA_DIR"];
    case "ENOSPC":
    case "EDQUOT":
      return [`the disk of ${folder} is full`, "make room: senders are refused until there is some"];
    case "ENOENT":
      return [
        `${folder} ${existsSync(folder) ? "takes no files" : "is a link that leads nowhere"}`,
        elsewhere,
      ];
    case "ENOTDIR":
      return [`${folder} is not a directory`, elsewhere];
    default:
      return [`cannot write: ${toError(error).message}`, elsewhere];
  }
}

/** With less room than this the file system gets slow, and other programs soon fail. Below the number of bytes Fairlead fails too. */
const nearlyFull = { share: 0.05, bytes: 256 * 2 ** 20 };

function checkRoom(path: string, existing: string, { what, key, maxBytes }: Growth): Finding[] {
  if (!existsSync(existing)) return [];
  const { bavail, blocks, bsize, ffree, files, type } = statfsSync(existing);
  const freeBytes = bavail * bsize;
  const subject = `disk of ${path}`;
  const findings: Finding[] = [];
  const room = `${approximateSize(freeBytes)} free of ${approximateSize(blocks * bsize)}`;
  if (freeBytes < nearlyFull.bytes || freeBytes < blocks * bsize * nearlyFull.share) {
    const find = freeBytes < nearlyFull.bytes ? fault : warning;
    const advice = `make room, or lower ${key}; when it is full, senders are refused`;
    findings.push(find(subject, `nearly full: ${room}`, advice));
  } else if (freeBytes < maxBytes) {
    const words = `${room}, but ${what} may grow to ${approximateSize(maxBytes)}`;
    const advice = `lower ${key}, or give it a larger disk; when it is full, senders are refused`;
    findings.push(warning(subject, words, advice));
  } else {
    findings.push(ok(subject, room));
  }
  // Some file systems (btrfs) have no fixed number of inodes and say 0.
  if (files > 0 && ffree < 100) {
    const words = `no more files can be made: ${ffree} inodes free`;
    findings.push(fault(subject, words, "delete files on that disk"));
  }
  if (inMemory.has(type)) {
    const words = "this file system lives in memory: nothing survives a reboot";
    findings.push(warning(subject, words, "choose a directory on a disk with FAIRLEAD_DATA_DIR"));
  }
  return findings;
}
