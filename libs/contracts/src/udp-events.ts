import type { CloudEvent } from "@fairlead/core";
import { eventTypes, recordContainers } from "./names.ts";
import { type RecordsEventFields, recordsEvent } from "./tcp-events.ts";

/**
 * One batch of datagrams of one listener. The subject of all UDP events is `<listener>/<instance>`: numbers of records begin
 * anew with each run of a listener, and with the subject they identify the record.
 */
export function udpRecords(fields: RecordsEventFields): CloudEvent {
  return recordsEvent(eventTypes.udpRecords, fields);
}

/** A batch of decoded messages as NDJSON: a `SyslogRecord` a line. */
export function udpSyslog(fields: Omit<RecordsEventFields, "datacontenttype">): CloudEvent {
  return recordsEvent(eventTypes.udpSyslog, { ...fields, datacontenttype: recordContainers.ndjson });
}

/** What a flush interval came to, as NDJSON: a `StatsdRecord` a line. */
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
