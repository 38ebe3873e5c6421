import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "./test-engine.ts";

const program = fileURLToPath(new URL("./example-process.ts", import.meta.url));

/** The example as its own process; killed if a test fails before it has ended. */
async function startExample(directory: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [program], {
    cwd: directory,
    env: { ...process.env, FAIRLEAD_HTTP_PORT: "0", NODE_TEST_CONTEXT: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, ...output }));
  const listening = Promise.withResolvers<number>();
  child.stderr.setEncoding("utf8").on("data", (text) => {
    output.stderr += text;
  });
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output.stdout += text;
    const found = /"port":(\d+)/.exec(output.stdout);
    if (found) listening.resolve(Number(found[1]));
  });
  const port = await Promise.race([listening.promise, ended.then(() => 0)]);
  return { child, ended, url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => stop(child) };
}

function stop(child: ChildProcess): void {
  if (child.exitCode === null) child.kill("SIGKILL");
}

const say = (url: string, text: string) =>
  fetch(`${url}/v1/say`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text }),
  });

async function eventsOf(url: string): Promise<string[]> {
  const text = await (await fetch(`${url}/v1/events?after=0&follow=false`)).text();
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json!).data);
}

test("a process that gets SIGTERM makes durable what its services still have, and ends with 0", async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, "fairlead.yaml"), "http-fetcher:\n  pending: 3\n");
  using first = await startExample(directory.path);
  assert.equal((await say(first.url, "hello")).status, 204);
  const live = await fetch(`${first.url}/v1/events`);
  const liveText = live.text();
  first.child.kill("SIGTERM");
  assert.partialDeepStrictEqual(await first.ended, { code: 0, signal: null, stderr: "" });
  assert.match(await liveText, /: draining\n\n$/);

  using second = await startExample(directory.path);
  assert.deepEqual(await eventsOf(second.url), ["hello", "pending 0", "pending 1", "pending 2"]);
  second.child.kill("SIGINT");
  assert.equal((await second.ended).code, 0);
});

test("a process that is killed keeps what it has answered", async () => {
  await using directory = await temporaryDirectory();
  using first = await startExample(directory.path);
  for (const text of ["a", "b", "c"]) assert.equal((await say(first.url, text)).status, 204);
  first.child.kill("SIGKILL");
  await first.ended;
  using second = await startExample(directory.path);
  assert.deepEqual(await eventsOf(second.url), ["a", "b", "c"]);
  second.child.kill("SIGTERM");
  assert.equal((await second.ended).code, 0);
});

test("a process with a service that does not drain is through at shutdown.limit all the same, and ends with 1", async () => {
  await using directory = await temporaryDirectory();
  const text = "http-fetcher:\n  stuck: true\nshutdown:\n  limit: 3s\n";
  await writeFile(join(directory.path, "fairlead.yaml"), text);
  const drainInVain = async () => {
    using example = await startExample(directory.path);
    assert.equal((await say(example.url, "hello")).status, 204);
    example.child.kill("SIGTERM");
    return await example.ended;
  };
  let ended = await drainInVain();
  // A machine with other work may need longer for the end than is kept back for it.
  for (let more = 0; more < 10 && ended.stderr.includes("still open after"); more++)
    ended = await drainInVain();
  const { code, stdout, stderr } = ended;
  assert.equal(code, 1);
  assert.match(stdout, /"level":"error".*"part":"http-fetcher","msg":"cannot drain"/);
  assert.equal(stderr, "example: Cannot drain http-fetcher: the log says why\n");
});

test("a process with a wrong configuration says everything on standard error and ends with 78", async () => {
  await using directory = await temporaryDirectory();
  await writeFile(
    join(directory.path, "fairlead.yaml"),
    "http:\n  prot: 1\n  host: a b\nhttp-fetcher:\n  pending: -1\n",
  );
  using example = await startExample(directory.path);
  const { code, stdout, stderr } = await example.ended;
  assert.equal(code, 78);
  assert.equal(stdout, "");
  assert.equal(
    stderr,
    `example: Cannot use ${join(directory.path, "fairlead.yaml")}: 3 errors\n` +
      "  line 2, column 3: http.prot is not known; did you mean port?\n" +
      '  line 3, column 9: http.host is "a b": must be a host name or an IP address, without a port, ' +
      'like "127.0.0.1", "::" or "example.org"\n' +
      "  line 5, column 12: http-fetcher.pending is -1: must be at least 0\n",
  );
});

test("a process whose port is taken says so in one line and ends with 1", async () => {
  await using directory = await temporaryDirectory();
  await using other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  using example = await startExample(directory.path, { FAIRLEAD_HTTP_PORT: String(port) });
  const { code, stderr } = await example.ended;
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `example: Cannot listen for HTTP on 127.0.0.1 port ${port}: another process has the port\n`,
  );
});
