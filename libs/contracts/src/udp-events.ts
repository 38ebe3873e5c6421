import type { CloudEvent } from "@fairlead/core";
import { eventTypes, recordContainers } from "./names.ts";
import { type RecordsEventFields, recordsEvent } from "./tcp-events.ts";

/**
 * One batch of datagrams of one listener. The subject of all UDP events is `<listener>/<instance>`, because the numbers of records
 * begin anew with each run of a listener. The subject and the number identify a record.
 */
export function udpRecords(fields: RecordsEventFields): CloudEvent {
  return recordsEvent(eventTypes.udpRecords, fields);
}

/** A batch of decoded messages as NDJSON. Each line is a `SyslogRecord`. */
export function udpSyslog(fields: Omit<RecordsEventFields, "datacontenttype">): CloudEvent {
  return recordsEvent(eventTypes.udpSyslog, { ...fields, datacontenttype: recordContainers.ndjson });
}

/** The metrics of one flush interval as NDJSON. Each line is a `StatsdRecord`. */
export function udpStatsd(
  fields: Omit<RecordsEventFields, "datacontenttype"> & {
    /** The length of the flush interval. */
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
