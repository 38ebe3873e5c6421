import assert from "node:assert/strict";
import { test } from "node:test";
import { allCitationFaults, citationFaults } from "./citations.ts";

const there = new Set(["docs/reliability.md", "docs/reference/events.md", "libs/bus/README.md", "README.md"]);

/** File, its text, and the documents that it cites in vain. */
const cases: [string, string, string[]][] = [
  ["libs/bus/src/a.ts", "/** As docs/reliability.md says. */", []],
  ["libs/bus/src/a.ts", "// README.md has the figures", []],
  ["libs/bus/src/a.ts", 'const path = "nowhere.md";', []],
  [
    "libs/bus/src/a.ts",
    ["/**", " * nowhere.md, Events", " */", "// gone.md"].join("\n"),
    ["nowhere.md", "gone.md"],
  ],
  ["libs/bus/src/a.ts", "// see reliability.md", ["reliability.md"]],
  ["docs/reference/a.md", "[events](events.md), [reliability.md](../reliability.md)", []],
  ["docs/reference/a.md", "[gone](../gone.md) and `docs/gone.md`", ["../gone.md", "docs/gone.md"]],
  ["docs/how-to/a.md", "Write `services/yours/README.md`, see [gone](gone.md)", ["gone.md"]],
  ["docs/reference/a.md", "https://example.org/spec.md and http://[::1]/x.md", []],
];
for (const [path, text, expected] of cases) {
  test(`citationFaults() of ${JSON.stringify(text)} in ${path}`, () => {
    const faults = citationFaults(path, text, (cited) => there.has(cited));
    assert.deepEqual(
      faults.map((fault) => /cites (\S+),/.exec(fault)?.[1]),
      expected,
    );
  });
}

test("allCitationFaults() finds nothing in this tree", () => {
  assert.deepEqual(allCitationFaults("."), []);
});
