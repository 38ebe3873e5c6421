import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { ServiceDefinition } from "@fairlead/engine";
import { services } from "@fairlead/standalone";
import { composeFaults } from "./compose.ts";

const compose = readFileSync("docker-compose.yml", "utf8");

test("composeFaults() finds nothing in this tree", () => {
  assert.deepEqual(composeFaults(".", services, compose), []);
});

test("composeFaults() names what a new service that listens was not told to", () => {
  const listening = (host: string): ServiceDefinition => ({
    ...services[0]!,
    name: "ftp-bridge",
    plan: () => ({
      sockets: [{ scheme: "tcp", host, port: 7021, what: "listener ftp", key: [] }],
      connections: 0,
      eventTypes: [],
    }),
  });
  const faultsAt = (host: string) => composeFaults(".", [listening(host)], compose);
  assert.match(
    faultsAt("127.0.0.1").join(),
    /^services\/compose\/fairlead\.yaml: listener ftp of ftp-bridge/,
  );
  assert.match(faultsAt("0.0.0.0").join(), /^docker-compose\.yml: .* add "127\.0\.0\.1:7021:7021" to its/);
});
