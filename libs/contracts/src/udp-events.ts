import type { CloudEvent } from "@fairlead/core";
import type { EventType } from "./names.ts";
import { type RecordsEventFields, recordsEvent } from "./tcp-events.ts";

export type UdpEventType = Extract<EventType, `dev.fairlead.udp.${string}`>;

/**
 * The records that came of one batch of datagrams, or of one flush. The subject is `<listener>/<instance>`: the numbers of
 * records begin anew with each run of a listener, and with the subject they identify the record.
 */
export function udpEvent(
  type: UdpEventType,
  fields: RecordsEventFields,
  extensions?: Readonly<Record<string, number>>,
): CloudEvent {
  return recordsEvent(type, fields, extensions);
}
