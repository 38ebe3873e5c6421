import type { CloudEvent } from "./event.ts";
import type { EventType } from "./names.ts";
import { type RecordsEventFields, recordsEvent } from "./tcp-events.ts";

export type UdpEventType = Extract<EventType, `dev.fairlead.udp.${string}`>;

/**
 * The records of one batch of datagrams, or of one flush. The subject is `<listener>/<instance>`, because the numbers of records
 * begin anew with each run of a listener. The subject and the number identify a record.
 */
export function udpEvent(
  type: UdpEventType,
  fields: RecordsEventFields,
  extensions?: Readonly<Record<string, number>>,
): CloudEvent {
  return recordsEvent(type, fields, extensions);
}
