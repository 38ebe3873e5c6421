import type { CloudEvent } from "./event.ts";
import { toStructuredJson } from "./structured.ts";

/**
 * An event as one server-sent event (WHATWG HTML, 9.2): `id` is the log offset, `data` the JSON form in one line. The field
 * `event` is left out, because a browser calls `onmessage` only for events without that field.
 */
export function toServerSentEvent(offset: number, event: CloudEvent): string {
  return `id: ${offset}\ndata: ${JSON.stringify(toStructuredJson(event))}\n\n`;
}

/** A log offset from a `Last-Event-ID` or a query: a whole number from 0; undefined for anything else. */
export function parseOffset(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const offset = Number(text);
  return Number.isSafeInteger(offset) ? offset : undefined;
}
