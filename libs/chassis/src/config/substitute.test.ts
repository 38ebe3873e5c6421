import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { substitute } from "./substitute.ts";

test("substitute() replaces references once and reports what it cannot", () => {
  const env: Record<string, string> = { A: "1", EMPTY: "", REF: `\${A}` };
  const lookUp = (name: string) => env[name];
  for (const [text, expected, problems] of [
    [`a \${A} b \${A}`, "a 1 b 1", 0],
    [`\${EMPTY}`, "", 0],
    [`\${EMPTY:-x}`, "x", 0],
    [`\${NO:-}`, "", 0],
    [`\${NO:-a:-b}`, "a:-b", 0],
    [`\${REF}`, `\${A}`, 0],
    [`$\${A} $A $`, `\${A} $A $`, 0],
    [`\${NO}`, `\${NO}`, 1],
    [`\${A B}\${`, `\${A B}\${`, 2],
  ] as const) {
    const result = substitute(text, lookUp);
    assert.equal(result.text, expected);
    assert.equal(result.problems.length, problems, text);
  }
});

test("substitute() leaves text without references as it is, and raises nothing for any text", () => {
  const part = fc.oneof(fc.string(), fc.constantFrom(`\${`, "}", "$$", `\${A}`, `\${A:-`, "$"));
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const text = parts.join("");
      const { text: replaced, problems } = substitute(text, (name) => (name === "A" ? `\${A}` : undefined));
      if (!text.includes(`\${`)) assert.equal(replaced, text);
      assert.ok(problems.every((problem) => /^(has|needs) /.test(problem)));
    }),
  );
});
