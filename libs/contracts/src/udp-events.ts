import type { CloudEvent } from "@fairlead/core";
import { eventTypes, recordContainers } from "./names.ts";
import { type RecordsEventFields, recordsEvent } from "./tcp-events.ts";

/** One batch of datagrams of one listener; the subject is the listener. */
export function udpRecords(fields: RecordsEventFields): CloudEvent {
  return recordsEvent(eventTypes.udpRecords, fields);
}

/** A batch of decoded messages as NDJSON: a `SyslogRecord` a line. The subject is the listener. */
export function udpSyslog(fields: Omit<RecordsEventFields, "datacontenttype">): CloudEvent {
  return recordsEvent(eventTypes.udpSyslog, { ...fields, datacontenttype: recordContainers.ndjson });
}

/** What a flush interval came to, as NDJSON: a `StatsdRecord` a line. The subject is the listener. */
export function udpStatsd(
  fields: Omit<RecordsEventFields, "datacontenttype"> & {
    /** Over how long it was aggregated. */
    readonly intervalMs: number;
  },
): CloudEvent {
  const { intervalMs, ...rest } = fields;
  return recordsEvent(
    eventTypes.udpStatsd,
    { ...rest, datacontenttype: recordContainers.ndjson },
    { intervalms: intervalMs },
  );
}
