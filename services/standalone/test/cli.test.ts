import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { test } from "node:test";
import { exchange, startProcess, type TemporaryDirectory, temporaryDirectory } from "@fairlead/harness";
import { services } from "../src/services.ts";
import {
  bin,
  configOf,
  environment,
  freePorts,
  runFairlead,
  startFairlead,
  writeConfig,
} from "./fairlead.ts";

const usage: readonly { args: string[]; code: number; says: RegExp }[] = [
  { args: ["--version"], code: 0, says: /^\d+\.\d+\.\d+/ },
  { args: ["--help"], code: 0, says: /Exit codes: 0 done/ },
  { args: [], code: 2, says: /Usage: fairlead/ },
  { args: ["nonsense"], code: 2, says: /unknown command/ },
  { args: ["tail", "--nonsense"], code: 2, says: /unknown option/ },
  { args: ["config", "nonsense"], code: 2, says: /unknown command/ },
  { args: ["tail", "--after", "x"], code: 2, says: /Cannot start after "x": write an offset/ },
  { args: ["send", "--to", "nowhere", "a"], code: 2, says: /Cannot send to "nowhere": write host:port/ },
  { args: ["send", "--file", "/does/not/exist"], code: 2, says: /Cannot send the file/ },
  { args: ["send", "--file", "/"], code: 2, says: /^fairlead: Cannot send the file \/: it is a directory$/m },
  { args: ["send", "--help"], code: 0, says: /--ack-timeout [^-]*\(default: 30s\)/ },
  { args: ["tail", "--type", "a..b"], code: 2, says: /Cannot look for "a\.\.b": write at most 10 words/ },
  {
    args: ["tail", "--url", "http://127.0.0.1:14999"],
    code: 69,
    says: /Cannot reach Fairlead at .*connection refused/,
  },
  {
    args: ["send", "--to", "127.0.0.1:9", "--attempts", "1", "a"],
    code: 69,
    says: /Cannot reach Fairlead at .*connection refused/,
  },
  { args: ["config", "check"], code: 0, says: /^ok: no file, all defaults/ },
  { args: ["config", "check", "--config", "none.yaml"], code: 78, says: /cannot be read/ },
];

for (const { args, code, says } of usage) {
  test(`fairlead ${args.join(" ")} ends with ${code} and says why`, async () => {
    await using directory = await temporaryDirectory();
    const result = await runFairlead(directory.path, args, { env: { FAIRLEAD_CONFIG: undefined } });
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stdout + result.stderr, says);
    assert.doesNotMatch(result.stderr, /\n\s+at /);
  });
}

test("fairlead says what failed as JSON on standard error when --json is given", async () => {
  await using directory = await temporaryDirectory();
  const result = await runFairlead(directory.path, ["tail", "--json", "--url", "http://127.0.0.1:14999"], {
    env: { FAIRLEAD_CONFIG: undefined },
  });
  assert.equal(JSON.parse(result.stderr).error.code, "UNREACHABLE");
  assert.equal(result.stdout, "");
});

test("config check names everything that is wrong, with its place, at once", async () => {
  await using directory = await temporaryDirectory();
  await writeFile(directory.file("fairlead.yaml"), "http:\n  port: 70000\n  prot: 1\nbus:\n  maxAge: 5\n");
  for (const command of [["config", "check"], ["up"]]) {
    const result = await runFairlead(directory.path, command);
    assert.equal(result.code, 78, result.stderr);
    for (const fault of [
      /line 2.*http\.port.*70000/,
      /line 3.*http\.prot.*did you mean port/,
      /line 5.*bus\.maxAge/,
    ]) {
      assert.match(result.stderr, fault);
    }
  }
});

test("config check --json gives each fault with its place in a list, in the order of the file", async () => {
  await using directory = await temporaryDirectory();
  const text = `tcp-gateway:
  listeners:
    - { name: a, port: 7001, path: /tmp/x }
    - { name: a, port: 7002, host: 127.attacker.example }
    - { name: b, port: 7003, kind: echo, acks: durable }
    - { name: c, port: 7004, codec: { name: ascii-size, width: 2, terminator: lf }, backlog: 0 }
udp-collector:
  listeners:
    - { name: a, kind: raw, port: 27210, host: 0.0.0.0 }
    - { name: b, kind: raw, port: 27003, host: 0.0.0.0, allow: [10.0.0.0/8] }
    - { name: b, kind: statsd, port: 27003 }
http: { port: 7003, host: 0.0.0.0 }
`;
  await writeFile(directory.file("fairlead.yaml"), text);
  const result = await runFairlead(directory.path, ["config", "check", "--json"]);
  assert.equal(result.code, 78);
  const { code, message, errors } = JSON.parse(result.stderr).error;
  assert.equal(code, "CONFIG_INVALID");
  assert.match(message, /^Cannot use \S+: \d+ errors$/);
  assert.deepEqual(
    errors.map(({ line, path }: { line: number; path: string }) => `${line} ${path}`),
    [
      "3 tcp-gateway.listeners[0].port",
      "4 tcp-gateway.listeners[1].allow",
      "4 tcp-gateway.listeners[1].name",
      "5 tcp-gateway.listeners[2].port",
      "5 tcp-gateway.listeners[2].acks",
      "6 tcp-gateway.listeners[3].codec",
      "6 tcp-gateway.listeners[3].backlog",
      "9 udp-collector.listeners[0].allow",
      "11 udp-collector.listeners[2].name",
      "11 udp-collector.listeners[2].port",
      "12 http.tokensFile",
    ],
  );
  for (const error of errors) assert.equal(typeof error.message, "string");
});

test("config print gives a configuration that config check accepts", async () => {
  await using directory = await temporaryDirectory();
  const printed = await runFairlead(directory.path, ["config", "print"], {
    env: { FAIRLEAD_CONFIG: undefined },
  });
  assert.match(printed.stdout, /^tcp-gateway:$/m);
  await writeFile(directory.file("fairlead.yaml"), printed.stdout);
  const checked = await runFairlead(directory.path, ["config", "check"]);
  assert.equal(checked.code, 0, checked.stderr);
});

test("config schema is a JSON Schema that knows every section", async () => {
  await using directory = await temporaryDirectory();
  const result = await runFairlead(directory.path, ["config", "schema"], {
    env: { FAIRLEAD_CONFIG: undefined },
  });
  const { properties } = JSON.parse(result.stdout);
  for (const section of ["http", "bus", ...services.map(({ name }) => name)])
    assert.ok(properties[section], section);
});

test("send and tail carry lines through a running Fairlead, and head ends tail in peace", async () => {
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  await writeConfig(directory.path, configOf(ports));
  await using fairlead = await startFairlead(directory.path);
  const to = ["--to", `127.0.0.1:${ports.lines}`, "--json"];
  const some = await runFairlead(directory.path, ["send", ...to, "a", "b"]);
  assert.deepEqual(JSON.parse(some.stdout), { acknowledged: 2, acknowledgedBytes: 4 });
  const input = Array.from({ length: 20_000 }, (_, index) => `line ${index}`).join("\n");
  const many = await runFairlead(directory.path, ["send", ...to], { input });
  assert.equal(JSON.parse(many.stdout).acknowledged, 20_000);
  await writeFile(directory.file("lines"), input);
  const filed = await runFairlead(directory.path, ["send", ...to, "--file", "lines"]);
  assert.equal(JSON.parse(filed.stdout).acknowledged, 20_000);
  const datagram = await runFairlead(directory.path, [
    "send",
    "--udp",
    "--to",
    `127.0.0.1:${ports.raw}`,
    "hi",
  ]);
  assert.equal(datagram.code, 0, datagram.stderr);

  const script = 'set -o pipefail; "$0" "$@" | head -n 3';
  const tail = [bin, "tail", "--after", "0", "--type", "tcp.records", "--url", fairlead.ready.url];
  await using child = await startProcess("", {
    command: "bash",
    args: ["-c", script, process.execPath, ...tail],
    env: environment(directory.path),
  });
  assert.deepEqual(await child.exited, { code: 0, signal: null });
  assert.equal(child.stdout.length, 3);
  assert.match(child.stdout[0] ?? "", /tcp\.records .* a$/);
});

test("tail goes on by itself, without repeat or gap, when Fairlead is killed and started again", async () => {
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  await writeConfig(directory.path, configOf(ports));
  await using first = await startFairlead(directory.path);
  await using tail = await startProcess(bin, {
    args: ["tail", "--after", "0", "--json", "--type", "tcp.records", "--url", first.ready.url],
    env: environment(directory.path),
  });
  assert.equal(await exchange(ports.lines, "one\n"), "OK 1\n");
  await tail.waitForLine('"text":"one"', { stream: "stdout" });
  await first.child.kill("SIGKILL");
  await using second = await startFairlead(directory.path);
  assert.ok(second.ready.url);
  assert.equal(await exchange(ports.lines, "two\n"), "OK 1\n");
  await tail.waitForLine('"text":"two"', { stream: "stdout" });
  assert.deepEqual(await tail.kill("SIGINT"), { code: 0, signal: null });
  assert.equal(tail.stdout.length, 2);
  assert.match(tail.stderr.join("\n"), /trying again in/);
});

test("doctor names who has a port, and ends with 1", async () => {
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  await writeConfig(directory.path, configOf(ports));
  const server = createServer().listen(ports.lines, "127.0.0.1");
  await once(server, "listening");
  const result = await runFairlead(directory.path, ["doctor", "--json"]);
  server.close();
  assert.equal(result.code, 1);
  const { status, findings } = JSON.parse(result.stdout);
  assert.equal(status, "fault");
  const about = findings.filter((finding: { subject: string }) => finding.subject.includes("listener lines"));
  assert.equal(about.length, 1);
  assert.match(about[0].words, /^in use by /);
  if (process.platform === "linux") assert.match(about[0].words, new RegExp(`process ${process.pid}\\b`));
});

test("doctor finds every port of the running Fairlead in order", async () => {
  await using directory = await temporaryDirectory();
  await writeConfig(directory.path, configOf(await freePorts()));
  await using fairlead = await startFairlead(directory.path);
  const { code, stdout } = await runFairlead(directory.path, ["doctor", "--json"]);
  // Warnings there may be, like a short receive buffer: they are no fault.
  assert.equal(code, 0, stdout);
  const findings: { subject: string; status: string; words: string }[] = JSON.parse(stdout).findings;
  assert.equal(findings.find(({ subject }) => subject.startsWith("running Fairlead"))?.words, "ready");
  const own = findings.filter(({ words }) => words === "in use by the running Fairlead");
  assert.equal(own.length, fairlead.ready.endpoints.length);
});

/**
 * A Node that cannot run us itself: one of the machine where there is one, else ours that says it is old. (What it says must
 * not be handed over with its flags.)
 */
async function oldNode(directory: TemporaryDirectory): Promise<string> {
  for (const node of ["/usr/local/bin/node", "/usr/bin/node"]) {
    const { stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
    if (/^v(2[0-3])\./.test(stdout ?? "")) return node;
  }
  const [claim, node] = [directory.file("claim.cjs"), directory.file("old-node")];
  await writeFile(
    claim,
    'Object.defineProperty(process, "version", { value: "v20.0.0" }); process.execArgv.splice(0);',
  );
  await writeFile(node, `#!/bin/sh\nexec "${process.execPath}" --require "${claim}" "$@"\n`, { mode: 0o755 });
  return node;
}

test("bin/fairlead.mjs hands over arguments, input, output and exit code when an older Node calls it", async () => {
  await using directory = await temporaryDirectory();
  const node = await oldNode(directory);
  const version = await runFairlead(directory.path, ["--version"], { node });
  assert.deepEqual([version.code, version.stderr], [0, ""]);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  const wrong = await runFairlead(directory.path, ["tail", "--after", "x"], { node });
  assert.equal(wrong.code, 2);
});

test("bin/fairlead.mjs hands over SIGTERM and gives its exit code when an older Node calls it", async () => {
  await using directory = await temporaryDirectory();
  const node = await oldNode(directory);
  await writeConfig(directory.path, configOf(await freePorts()));
  await using child = await startProcess(bin, {
    command: node,
    args: ["up", "--json"],
    cwd: directory.path,
    env: environment(directory.path),
  });
  await child.waitForJson<{ status?: string }>((line) => line.status === "ready", { stream: "stdout" });
  assert.deepEqual(await child.kill("SIGTERM"), { code: 0, signal: null });
});
