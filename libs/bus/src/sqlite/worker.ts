/** The thread of the log. */
import {
  type Answering,
  type ErrorFacts,
  errorFacts,
  isCorruption,
  type Send,
  serveFile,
} from "@fairlead/sqlite";
import { openLogFile, repairLogFile } from "./open.ts";
import type { LogReply, LogRequest, LogSettings, Rows } from "./thread-messages.ts";

const maintainEveryMs = 1_000;

type Asked<Kind> = Extract<LogRequest, { kind: Kind }> & { readonly answering: Answering };

serveFile((settings: LogSettings, reply: Send<LogReply>) => {
  let log = openLogFile(settings);
  const tellStatus = () => reply({ kind: "status", status: log.status() });
  const tellRepair = () => {
    if (log.notes.length > 0) reply({ kind: "repaired", notes: log.notes });
  };
  const tellDamage = () => {
    const ranges = log.damage.takeFound();
    if (ranges.length === 0) return;
    tellStatus();
    reply({ kind: "damaged", ranges });
  };
  const repairNow = (error: unknown) => {
    log = repairLogFile(log, settings, error);
    tellStatus();
    tellRepair();
  };

  let refused: { epoch: number; error: ErrorFacts } | undefined;
  const append = ({ epoch, buffer, bytes, count }: Extract<LogRequest, { kind: "append" }>) => {
    if (refused?.epoch === epoch) return reply({ kind: "refused", buffer, error: refused.error }, [buffer]);
    const { canWrite } = log;
    try {
      const firstOffset = log.append(Buffer.from(buffer, 0, bytes), count);
      if (!canWrite) tellStatus();
      reply({ kind: "appended", buffer, firstOffset }, [buffer]);
    } catch (error) {
      // The status goes first: a publisher that is refused and asks for the health must find the reason there.
      tellStatus();
      refused = { epoch, error: errorFacts(error) };
      reply({ kind: "refused", buffer, error: refused.error }, [buffer]);
      if (isCorruption(error)) repairNow(error);
    }
  };

  // Reads wait in a queue of their own, one per turn of the loop, so that commits go between them.
  const reads: Asked<"read">[] = [];
  let isReading = false;
  const readNext = () => {
    const request = reads.shift();
    isReading = request !== undefined;
    if (request === undefined) return;
    const { after, through, types, buffer: spare, answering } = request;
    try {
      const { packed, scannedThrough } = log.read(after, through, types, spare);
      const { count } = packed;
      const buffer = packed.take();
      tellDamage();
      answering.resolve({ buffer, count, scannedThrough } satisfies Rows, [buffer]);
    } catch (error) {
      answering.reject(error);
    }
    setImmediate(readNext);
  };

  // One chunk per turn of the loop, so that commits and reads go between them.
  const remove = (request: Asked<"delete">) => {
    try {
      if (log.deleteChunkThrough(request.through)) setImmediate(remove, request);
      else request.answering.resolve(undefined);
    } catch (error) {
      request.answering.reject(error);
      if (isCorruption(error)) repairNow(error);
    }
  };

  const maintain = () => {
    if (log.maintain()) setImmediate(maintain);
    else tellStatus();
  };
  const timer = setInterval(maintain, maintainEveryMs);

  tellStatus();
  tellRepair();
  tellDamage();
  return {
    handle(request: LogRequest, answering) {
      switch (request.kind) {
        case "append":
          return append(request);
        case "read":
          reads.push({ ...request, answering });
          if (!isReading) readNext();
          return;
        case "delete":
          return remove({ ...request, answering });
      }
    },
    close() {
      clearInterval(timer);
      log.close();
    },
  };
});
