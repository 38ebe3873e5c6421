/** The thread of the log: owns the connection, so that neither an fsync nor a checkpoint ever stalls the event loop. */
import { parentPort, workerData } from "node:worker_threads";
import { isCorruption } from "@fairlead/sqlite";
import { type BusErrorFacts, busErrorFacts } from "../errors.ts";
import type { LogFile } from "./log-file.ts";
import { openLogFile, repairLogFile } from "./open.ts";
import type { LogReply, LogRequest, LogSettings } from "./protocol.ts";

const maintainEveryMs = 1_000;
const port = parentPort!;
const settings = workerData as LogSettings;
const reply = (message: LogReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

type ReadRequest = Extract<LogRequest, { kind: "read" }>;
type DeleteRequest = Extract<LogRequest, { kind: "delete" }>;
type AppendRequest = Extract<LogRequest, { kind: "append" }>;

function serve(file: LogFile): void {
  let log = file;
  // Reads wait in a queue of their own, one per turn of the loop, so that commits go between them.
  const reads: ReadRequest[] = [];
  let isReading = false;
  const tellStatus = () => reply({ kind: "status", status: log.status() });

  const tellDamage = () => {
    const ranges = log.damage.takeFound();
    if (ranges.length === 0) return;
    tellStatus();
    reply({ kind: "damaged", ranges });
  };
  const tellRepair = () => {
    if (log.notes.length > 0) reply({ kind: "repaired", notes: log.notes });
  };

  const repairNow = (error: unknown) => {
    log = repairLogFile(log, settings, error);
    tellStatus();
    tellRepair();
  };

  let refused: { epoch: number; error: BusErrorFacts } | undefined;

  const append = ({ epoch, buffer, bytes, count }: AppendRequest) => {
    if (refused?.epoch === epoch) return reply({ kind: "refused", buffer, error: refused.error }, [buffer]);
    const { canWrite } = log;
    try {
      const firstOffset = log.append(Buffer.from(buffer, 0, bytes), count);
      if (!canWrite) tellStatus();
      reply({ kind: "appended", buffer, firstOffset }, [buffer]);
    } catch (error) {
      // First the status: whoever is refused and asks for the health must find the reason there.
      tellStatus();
      refused = { epoch, error: busErrorFacts(error) };
      reply({ kind: "refused", buffer, error: refused.error }, [buffer]);
      if (isCorruption(error)) repairNow(error);
    }
  };

  // One chunk per turn of the loop, so that commits and reads go between them.
  const remove = (request: DeleteRequest) => {
    const { id, through } = request;
    try {
      if (log.deleteChunkThrough(through)) {
        setImmediate(remove, request);
        return;
      }
      reply({ kind: "deleted", id });
    } catch (error) {
      reply({ kind: "undeleted", id, error: busErrorFacts(error) });
      if (isCorruption(error)) repairNow(error);
    }
  };

  const readNext = () => {
    const request = reads.shift();
    isReading = request !== undefined;
    if (request === undefined) return;
    const { id, after, through, types, buffer: spare } = request;
    try {
      const { packed, scannedThrough } = log.read(after, through, types, spare);
      const { count } = packed;
      const buffer = packed.take();
      tellDamage();
      reply({ kind: "rows", id, buffer, count, scannedThrough }, [buffer]);
    } catch (error) {
      reply({ kind: "unread", id, error: busErrorFacts(error) });
    }
    setImmediate(readNext);
  };

  const maintain = () => {
    if (log.maintain()) setImmediate(maintain);
    else tellStatus();
  };
  const timer = setInterval(maintain, maintainEveryMs);

  port.on("message", (request: LogRequest) => {
    switch (request.kind) {
      case "append":
        return append(request);
      case "read":
        reads.push(request);
        if (!isReading) readNext();
        return;
      case "delete":
        return remove(request);
      case "close":
        clearInterval(timer);
        log.close();
        reply({ kind: "closed" });
        port.close();
    }
  });
  reply({ kind: "ready", status: log.status() });
  tellRepair();
  tellDamage();
}

try {
  serve(openLogFile(settings));
} catch (error) {
  reply({ kind: "unopened", error: busErrorFacts(error) });
  port.close();
}
