import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { completenessFaults, eventFaults, kindFaults, serviceFaults } from "./completeness.ts";

const places = [
  "services/probe/README.md",
  "services/probe/src/main.ts",
  "services/probe/src/mod.ts",
  "libs/contracts/src/names.ts",
  "services/standalone/src/services.ts",
  "docker-compose.yml",
];

test("serviceFaults() names every place that a new service was not told to", () => {
  const asToday = (path: string) =>
    path.startsWith("services/probe/") ? undefined : readFileSync(path, "utf8");
  const faults = serviceFaults(["probe"], asToday);
  assert.deepEqual(
    faults.map((fault) => fault.split(":")[0]),
    places,
  );
  assert.ok(faults.every((fault) => fault.includes("does not know the service probe; ")));
});

test("kindFaults() names every place that a new kind of UDP listener was not told to", () => {
  const faults = kindFaults(["probe"], (path) =>
    path.includes("/probe/") ? undefined : readFileSync(path, "utf8"),
  );
  assert.deepEqual(
    faults.map((fault) => fault.split(":")[0]),
    [
      "libs/contracts/src/names.ts",
      "services/udp-collector/src/kinds.ts",
      "services/udp-collector/src/probe/README.md",
    ],
  );
});

test("eventFaults() finds a type without a row and a row without a type", () => {
  const page =
    "| `tcp.records` | a |\n| `tcp.opened`, `tcp.closed` | b |\n| `application/x.y` | not a key |\n";
  const types = ["dev.fairlead.tcp.records", "dev.fairlead.tcp.opened", "dev.fairlead.udp.new"];
  const faults = eventFaults(types, page);
  assert.equal(faults.length, 2);
  assert.match(faults[0]!, /no row for udp\.new/);
  assert.match(faults[1]!, /a row for tcp\.closed/);
});

test("completenessFaults() finds nothing in this tree", async () => {
  assert.deepEqual(await completenessFaults("."), []);
});
