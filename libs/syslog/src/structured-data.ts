/** SD-ID -> PARAM-NAME -> value; an array, in the order sent, where a name is repeated within its element. */
export type StructuredData = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

const sdName = /[!#-<>-\\^-~]{1,255}/y;
const backslash = 0x5c;

function readName(text: string, at: number): string | undefined {
  sdName.lastIndex = at;
  return sdName.exec(text)?.[0];
}

/** The value behind its opening quote, escapes resolved, and the place behind its closing one. */
function readValue(text: string, from: number): { value: string; end: number } | undefined {
  let value = "";
  let taken = from;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return { value: value + text.slice(taken, at), end: at + 1 };
    if (code !== backslash) continue;
    const next = text.charCodeAt(at + 1);
    // Only `"`, `\` and `]` are escaped; any other backslash stands for itself (RFC 5424, 6.3.3).
    if (next === 0x22 || next === backslash || next === 0x5d) {
      value += text.slice(taken, at);
      taken = at + 1;
      at++;
    }
  }
  return undefined;
}

/**
 * STRUCTURED-DATA of RFC 5424, 6.3. More liberal in three points that real senders need: names may be longer than 32
 * characters, `]` in a value need not be escaped, and an SD-ID that comes twice is merged.
 * Undefined when the text at this place is no structured data.
 */
export function readStructuredData(
  text: string,
  from: number,
): { data: StructuredData; end: number } | undefined {
  // No prototype: an element named "__proto__" is an element like any other.
  const data: Record<string, Record<string, string | string[]>> = Object.create(null);
  if (text[from] === "-") return { data, end: from + 1 };
  let at = from;
  while (text[at] === "[") {
    const id = readName(text, at + 1);
    if (id === undefined) return undefined;
    at += 1 + id.length;
    data[id] ??= Object.create(null) as Record<string, string | string[]>;
    const params = data[id];
    while (text[at] === " ") {
      const name = readName(text, at + 1);
      if (name === undefined) {
        // A space before the closing bracket: not in the grammar, common in the field.
        at++;
        break;
      }
      at += 1 + name.length;
      if (text[at] !== "=" || text[at + 1] !== '"') return undefined;
      const found = readValue(text, at + 2);
      if (found === undefined) return undefined;
      const before = params[name];
      if (before === undefined) params[name] = found.value;
      else if (typeof before === "string") params[name] = [before, found.value];
      else before.push(found.value);
      at = found.end;
    }
    if (text[at] !== "]") return undefined;
    at++;
  }
  return at === from ? undefined : { data, end: at };
}
