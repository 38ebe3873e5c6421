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

export const eventTypePrefix = "dev.fairlead.";

/** "dev.fairlead.tcp.records" -> "tcp.records". The routing key of a foreign type is the type itself. */
export function routingKey(type: string): string {
  return type.startsWith(eventTypePrefix) ? type.slice(eventTypePrefix.length) : type;
}

/**
 * True when the routing key matches the pattern by the rules of an AMQP topic exchange (AMQP 0-9-1, 3.1.3.3). Dots separate words,
 * `*` stands for one word, `#` for any number of words.
 */
export function matchesTopic(pattern: string, key: string): boolean {
  const patternWords = pattern.split(".");
  const keyWords = key.split(".");
  let p = 0;
  // The place of the last `#`, and the first word behind the words that this `#` stands for. Only the last `#` ever has to take
  // more words, so a pattern from outside costs at most the product of both lengths.
  let hash = -1;
  let afterHash = 0;
  for (let k = 0; k < keyWords.length; ) {
    if (patternWords[p] === "#") {
      hash = p++;
      afterHash = k;
    } else if (patternWords[p] === "*" || patternWords[p] === keyWords[k]) {
      p++;
      k++;
    } else if (hash !== -1) {
      p = hash + 1;
      k = ++afterHash;
    } else {
      return false;
    }
  }
  while (patternWords[p] === "#") p++;
  return p === patternWords.length;
}
