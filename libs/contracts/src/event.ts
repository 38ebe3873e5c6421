import { createId } from "@fairlead/core";
import { ContractError } from "./errors.ts";

/** Extension attributes of an event: lower-case letters and digits only (CloudEvents 1.0, Attribute Naming Convention). */
export type EventExtensions = Readonly<Record<string, string | number | boolean>>;

/**
 * A CloudEvents 1.0 event: the one shape that the bus carries. In memory the extensions are a map of their own. On the wire the
 * extensions stand beside the other attributes (docs/reference/events.md).
 */
export interface CloudEvent {
  /** Unique per source; stable over every repeat of the delivery. */
  readonly id: string;
  /** URI reference of the producer: "/tcp-gateway/<instance>/<listener>". */
  readonly source: string;
  /** "dev.fairlead." + routing key. */
  readonly type: string;
  readonly subject?: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  /** Media type of `data`. */
  readonly datacontenttype: string;
  readonly data: Uint8Array;
  readonly extensions: EventExtensions;
}

/** The parts from which `createEvent` makes an event. */
export interface EventFields extends Omit<CloudEvent, "id" | "time" | "extensions"> {
  /** Undefined values are left out. */
  readonly extensions?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Milliseconds since the epoch. Default now. */
  readonly timeMs?: number;
  /** Default a new id. Give the id where a repeat must have the same one. */
  readonly id?: string;
}

/** The attributes of an event on the wire (CloudEvents 1.0; `data` as the JSON format says). */
export const attributeNames = [
  "specversion",
  "id",
  "source",
  "type",
  "subject",
  "time",
  "datacontenttype",
  "data",
] as const;

/** An extension cannot be named after these. */
const reservedNames: ReadonlySet<string> = new Set([...attributeNames, "dataschema"]);

/** True for 1 to 20 lower-case letters and digits that name no attribute of CloudEvents itself. */
export function isExtensionName(name: string): boolean {
  return /^[a-z0-9]{1,20}$/.test(name) && !reservedNames.has(name);
}

/** @throws {ContractError} EVENT_INVALID when an extension's name is not allowed */
export function createEvent(fields: EventFields): CloudEvent {
  const nowMs = fields.timeMs ?? Date.now();
  return {
    id: fields.id ?? createId(),
    source: fields.source,
    type: fields.type,
    ...(fields.subject !== undefined && { subject: fields.subject }),
    time: new Date(nowMs).toISOString(),
    datacontenttype: fields.datacontenttype,
    data: fields.data,
    extensions: definedExtensions(fields.extensions ?? {}),
  };
}

function definedExtensions(given: NonNullable<EventFields["extensions"]>): EventExtensions {
  const extensions: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!isExtensionName(name)) {
      throw new ContractError(
        "EVENT_INVALID",
        `Cannot create an event: the extension name ${JSON.stringify(name)} is not 1 to 20 lower-case letters and digits`,
      );
    }
    extensions[name] = value;
  }
  return extensions;
}
