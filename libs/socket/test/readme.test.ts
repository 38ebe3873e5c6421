import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";

const folder = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", folder), "utf8");

/** The calls of the tutorials of socket, select and socketserver. */
const classicCalls = `
  socket bind listen accept connect connect_ex recv recvfrom send sendall sendto makefile settimeout gettimeout setblocking
  setsockopt getsockopt getpeername getsockname fileno shutdown close socket.error socket.gaierror socket.herror
  socket.timeout select BaseServer TCPServer UDPServer UnixStreamServer UnixDatagramServer ForkingMixIn ThreadingMixIn
  StreamRequestHandler DatagramRequestHandler setup handle finish serve_forever BaseServer.shutdown
`
  .trim()
  .split(/\s+/);

interface Row {
  readonly calls: string[];
  readonly backing: string;
}

function rows(): Row[] {
  const table = readme.slice(readme.indexOf("| Python | here | backed by |"));
  return [...table.matchAll(/^\| (`[^|]+) \| [^|]+ \| ([^|]+) \|$/gm)].map(
    ([, calls = "", backing = ""]) => ({
      calls: [...calls.matchAll(/`([^`]+)`/g)].map(([, call = ""]) => call),
      backing,
    }),
  );
}

/** Names of all tests of this library; what a name fills in at run time matches anything. */
function testNames(): RegExp[] {
  const names: RegExp[] = [];
  for (const file of globSync("{src/**/*.test.ts,test/multicast.ts}", { cwd: folder.pathname })) {
    const source = readFileSync(new URL(file, folder), "utf8");
    for (const [, , name = ""] of source.matchAll(/\btest\(\s*(["`])((?:(?!\1).)+)\1/g))
      names.push(nameOf(name));
    for (const [, name = ""] of source.matchAll(/^ {4}name: "([^"]+)",$/gm)) names.push(nameOf(name));
  }
  return names;
}

function nameOf(source: string): RegExp {
  const parts = source.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`);
}

test("README.md has a row for every classic call", () => {
  assert.deepEqual(
    rows().flatMap(({ calls }) => calls),
    classicCalls,
  );
});

test("README.md names an existing test, or a reason, in every row", () => {
  const known = testNames();
  for (const { calls, backing } of rows()) {
    const names = [...backing.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
    assert.ok(names.length > 0 || /^does not apply: .{10,}/.test(backing), `${calls}: ${backing}`);
    for (const name of names) {
      assert.ok(
        known.some((pattern) => pattern.source !== "^.+$" && pattern.test(name)),
        `${calls}: there is no test "${name}"`,
      );
    }
  }
});

test("README.md's example runs and prints what it says", async () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const args = ["--input-type=module-typescript", "--eval", example];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder.pathname });
  assert.equal(stdout, "hello!\n");
});
