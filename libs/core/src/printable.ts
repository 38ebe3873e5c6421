/**
 * Controls, invisible format characters such as the marks of direction, the separators of lines and paragraphs, and halves of
 * characters. ZWNJ and ZWJ are left: words of several scripts need them, and they steer nothing.
 */
const unsafe = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * The text with every character that steers a terminal or reorders its line as an escape of JSON: "\u001b". So the text of JSON
 * stays JSON of the same value.
 */
export function printable(text: string): string {
  return text.replace(unsafe, (character) => short[character] ?? escaped(character));
}

/** The same for text of several lines: its line feeds stay. */
export function printableLines(text: string): string {
  return text.replace(unsafe, (character) => (character === "\n" ? character : escaped(character)));
}

function escaped(character: string): string {
  let text = "";
  for (let index = 0; index < character.length; index++)
    text += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  return text;
}
