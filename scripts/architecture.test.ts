import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dependencyFaults,
  fileFaults,
  fileWallLines,
  inspectTree,
  type Package,
  testHelperFaults,
} from "./architecture.ts";

const pkg = (folder: string, dependencies: string[] = [], devDependencies: string[] = []): Package => ({
  folder,
  dependencies,
  devDependencies,
  entries: [`${folder}/src/mod.ts`],
});

const tree = [
  pkg("libs/core"),
  pkg("libs/bus", ["@fairlead/core"], ["@fairlead/harness"]),
  pkg("libs/state", ["@fairlead/core"]),
  pkg("libs/engine", ["@fairlead/bus"]),
  pkg("libs/harness"),
  pkg("services/tcp-gateway", ["@fairlead/engine"]),
  pkg("services/standalone", ["@fairlead/tcp-gateway"]),
];

test("inspectTree() finds no fault in this tree", () => {
  assert.deepEqual(inspectTree(".").faults, []);
});

test("dependencyFaults() accepts a tree that keeps the rule", () => {
  assert.deepEqual(dependencyFaults(tree), []);
});

const broken: [string, Package, RegExp][] = [
  [
    "a layer-1 library on its neighbour",
    pkg("libs/state", ["@fairlead/bus"]),
    /libs\/state: may not depend on libs\/bus/,
  ],
  [
    "a library on a service",
    pkg("libs/engine", ["@fairlead/tcp-gateway"]),
    /may not depend on services\/tcp-gateway/,
  ],
  [
    "a service on a service",
    pkg("services/udp-collector", ["@fairlead/tcp-gateway"]),
    /may not depend on services/,
  ],
  ["core on a package", pkg("libs/core", ["zod"]), /layer 0 has dependencies/],
  ["the harness outside tests", pkg("libs/bus", ["@fairlead/harness"]), /for development only/],
  [
    "tests of a layer-1 library on its neighbour",
    pkg("libs/state", ["@fairlead/core"], ["@fairlead/bus", "@fairlead/harness"]),
    /libs\/state: may not depend on libs\/bus/,
  ],
  ["a package that is not there", pkg("libs/bus", ["@fairlead/nowhere"]), /not in the tree/],
  ["a library without a layer", pkg("libs/novel"), /has no layer/],
];
for (const [what, replaced, expected] of broken) {
  test(`dependencyFaults() refuses ${what}`, () => {
    const others = tree.filter((other) => other.folder !== replaced.folder);
    const faults = dependencyFaults([...others, replaced]);
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.match(faults[0]!, expected);
  });
}

const owner = pkg("libs/bus", ["@fairlead/core", "zod"]);
const files: [string, string, string, RegExp | undefined][] = [
  [
    "accepts declared imports",
    "libs/bus/src/a.ts",
    'import { z } from "zod";\nimport "./b.ts";\nimport "node:fs";',
    undefined,
  ],
  ["refuses an undeclared import", "libs/bus/src/a.ts", 'import express from "express";', /imports express/],
  [
    "refuses an undeclared dynamic import",
    "libs/bus/src/a.ts",
    'await import("@scope/x/y");',
    /imports @scope\/x/,
  ],
  [
    "refuses a way out of the package",
    "libs/bus/src/a.ts",
    'import "../../core/src/id.ts";',
    /outside its package/,
  ],
  ["refuses a file named after its kind", "libs/bus/src/utils.ts", "", /not its kind/],
  ["refuses a file over the wall", "libs/bus/src/a.ts", "\n".repeat(fileWallLines + 1), /the wall is 400/],
  ["refuses reading the environment", "libs/bus/src/a.ts", "process.env.HOME", /reads the environment/],
  [
    "refuses reading the environment by its key",
    "libs/bus/src/a.ts",
    'process["env"]["HOME"]',
    /reads the environment/,
  ],
  [
    "refuses taking the environment out of node:process",
    "libs/bus/src/a.ts",
    'import { env } from "node:process";',
    /imports the process/,
  ],
  [
    "refuses importing the process under another name",
    "libs/bus/src/a.ts",
    'import { on } from "node:events";\nconst p = await import("process");',
    /imports the process/,
  ],
  ["lets config.ts read the environment", "libs/bus/src/config.ts", "process.env.HOME", undefined],
  ["refuses ending the process", "libs/bus/src/a.ts", "process.exit(1)", /ends the process/],
];
for (const [what, path, text, expected] of files) {
  test(`fileFaults() ${what}`, () => {
    const faults = fileFaults(owner, { path, text });
    if (expected === undefined) assert.deepEqual(faults, []);
    else assert.match(faults.join("\n"), expected);
  });
}

test("testHelperFaults() finds what only tests import outside test/", () => {
  const file = (path: string, ...imports: string[]) => ({
    path: `libs/bus/${path}`,
    text: imports.map((specifier) => `import type {} from "${specifier}";\n`).join(""),
  });
  const sound = [
    file("src/a.test.ts", "./a.ts", "./contract.ts", "./mod.ts", "../test/support.ts"),
    file("src/a.ts"),
    file("src/mod.ts", "./a.ts"),
    file("src/contract.ts", "./contract/cases.ts"),
    file("src/contract/cases.ts"),
    file("test/support.ts"),
  ];
  assert.deepEqual(testHelperFaults(owner, sound), []);
  const misplaced = [file("src/b.test.ts", "./fake.ts"), file("src/fake.ts"), file("src/inner/test/c.ts")];
  const faults = testHelperFaults(owner, [...sound, ...misplaced]);
  assert.deepEqual(
    faults.map((fault) => fault.split(":")[0]),
    ["libs/bus/src/fake.ts", "libs/bus/src/inner/test/c.ts"],
  );
});
