import assert from "node:assert/strict";
import { test } from "node:test";
import { printable, printableLines } from "./printable.ts";

const cases: readonly { name: string; text: string; shown: string }[] = [
  { name: "text of people", text: "naïve 日本 👩‍💻", shown: "naïve 日本 👩‍💻" },
  { name: "line ends and tabs", text: "a\r\n\tb", shown: "a\\r\\n\\tb" },
  { name: "ESC, BEL and NUL", text: "\u001b]0;x\u0007\u0000", shown: "\\u001b]0;x\\u0007\\u0000" },
  { name: "DEL and C1", text: "\u007f\u009b2J\u0085", shown: "\\u007f\\u009b2J\\u0085" },
  {
    name: "marks of direction",
    text: "\u200e\u200f\u061c\u202e\u2066\u2069",
    shown: "\\u200e\\u200f\\u061c\\u202e\\u2066\\u2069",
  },
  { name: "separators and a BOM", text: "\u2028\u2029\ufeff", shown: "\\u2028\\u2029\\ufeff" },
  { name: "tags beyond the first plane", text: "\u{e0041}", shown: "\\udb40\\udc41" },
  { name: "half a character", text: "\ud800", shown: "\\ud800" },
];

for (const { name, text, shown } of cases) {
  test(`printable() shows ${name} so that nothing steers a terminal`, () => {
    assert.equal(printable(text), shown);
    assert.equal(JSON.parse(printable(JSON.stringify(text))), text);
  });
}

test("printableLines() leaves line feeds and nothing else", () => {
  assert.equal(printableLines("a\n\u001b\r\n"), "a\n\\u001b\\u000d\n");
});
