/** Clients that people already have: netcat, and the plain Python of the socket and socketserver tutorials. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { findBinary, skipOrFail } from "@fairlead/harness";
import { startGateway } from "./running.ts";

const run = promisify(execFile);

async function python(program: string, port: number): Promise<string> {
  const { stdout } = await run("python3", ["-c", program, String(port)], { timeout: 600_000 });
  return stdout;
}

const without = (binary: string) => skipOrFail(findBinary(binary) ? undefined : `no ${binary}`);

test("the example of the README prints what it says", { skip: without("nc") }, async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, command, expected] = /^(printf .*?)\s+# (.*)$/m.exec(readme)!;
  await using gateway = await startGateway([{}]);
  const here = command!.replace("7001", String(gateway.port()));
  const { stdout } = await run("sh", ["-c", here], { timeout: 600_000 });
  assert.equal(stdout, `${expected}\n`);
  assert.deepEqual(gateway.bus.records, ["hello", "world"]);
});

/** "Socket Programming HOWTO" and the socket module's own example: connect, sendall, recv. */
const socketClient = `
import socket, sys
HOST, PORT = "127.0.0.1", int(sys.argv[1])
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    s.sendall(b"Hello, world\\n")
    data = s.recv(1024)
print(data.decode(), end="")
`;

/** The client of socketserver.TCPServer's example: one line, then the answer. */
const socketserverClient = `
import socket, sys
HOST, PORT = "localhost", int(sys.argv[1])
data = "hello"
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
    sock.connect((HOST, PORT))
    sock.sendall(bytes(data + "\\n", "utf-8"))
    received = str(sock.recv(1024), "utf-8")
print("Sent:     {}".format(data))
print("Received: {}".format(received))
`;

/** makefile, shutdown and a loop over lines: the other half of the tutorials. */
const makefileClient = `
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
f = s.makefile("rwb")
for i in range(1000):
    f.write(b"line %d\\n" % i)
f.flush()
s.shutdown(socket.SHUT_WR)
print(f.read().decode().splitlines()[-1])
`;

const clients: [string, string, string, RegExp][] = [
  ["echo", "connect, sendall, recv", socketClient, /^Hello, world\n$/],
  ["ingest", "connect, sendall, recv", socketClient, /^OK 1\n$/],
  ["echo", "the socketserver client", socketserverClient, /^Sent: {5}hello\nReceived: hello\n/],
  ["ingest", "the socketserver client", socketserverClient, /^Sent: {5}hello\nReceived: OK 1\n/],
  ["echo", "makefile and shutdown", makefileClient, /^line 999\n$/],
  ["ingest", "makefile and shutdown", makefileClient, /^OK 1000\n$/],
];
for (const [mode, name, program, expected] of clients) {
  test(`Python's ${name} works against an ${mode} listener`, { skip: without("python3") }, async () => {
    await using gateway = await startGateway([{ kind: mode as "echo" | "ingest" }]);
    assert.match(await python(program, gateway.port()), expected);
  });
}
