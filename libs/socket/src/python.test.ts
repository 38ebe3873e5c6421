import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { echo, listenLoopback } from "../test/loopback.ts";
import { startPython, withoutPython } from "../test/python.ts";
import { bindUdp } from "./bind-udp.ts";
import { dialTcp } from "./dial.ts";
import { listenUnix } from "./listen.ts";

// The clients of the tutorials, to the letter: nothing in them knows of Fairlead.
const tcpClient = `
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM)
s.settimeout(600)
s.connect((sys.argv[1], int(sys.argv[2])))
s.sendall(b"Hello, world")
received = b""
while len(received) < 12:
    received += s.recv(1024)
s.shutdown(socket.SHUT_WR)
assert s.recv(1024) == b""
s.close()
print(received.decode())
`;

const unixClient = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.settimeout(600)
s.connect(sys.argv[1])
with s, s.makefile("rw") as f:
    f.write("hello\\n")
    f.flush()
    print(f.readline().strip())
`;

const udpClient = `
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
s.settimeout(600)
s.sendto(b"hello", (sys.argv[1], int(sys.argv[2])))
data, sender = s.recvfrom(1024)
assert sender[1] == int(sys.argv[2])
print(data.decode())
`;

const tcpServer = `
import socketserver, threading, sys
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    server.shutdown()
`;

for (const host of ["127.0.0.1", "::1"]) {
  test(`a plain Python TCP client gets its echo on ${host}`, { skip: withoutPython }, async () => {
    await using listener = await listenLoopback(echo, { host });
    const python = startPython(tcpClient, host, String(listener.address.port));
    assert.equal(await python.line(), "Hello, world");
    assert.equal(await python.end(), 0);
  });

  test(`a plain Python UDP client gets its echo on ${host}`, { skip: withoutPython }, async () => {
    await using socket = await bindUdp({ host, port: 0, maxPendingDatagrams: 10, maxPendingBytes: 65_507 });
    const python = startPython(udpClient, host, String(socket.local.port));
    for await (const batch of socket.batches()) {
      await socket.send(batch.payload(0), batch.source(0));
      break;
    }
    assert.equal(await python.line(), "hello");
    assert.equal(await python.end(), 0);
  });
}

test("a plain Python Unix client gets its echo", { skip: withoutPython }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-"));
  const path = join(folder, "x.sock");
  {
    await using _ = await listenUnix({
      path,
      maxConnections: 5,
      maxConnectionsPerAddress: 5,
      onConnection: echo,
    });
    const python = startPython(unixClient, path);
    assert.equal(await python.line(), "hello");
    assert.equal(await python.end(), 0);
  }
  await rm(folder, { recursive: true });
});

test("dialTcp() talks to a plain Python socketserver", { skip: withoutPython }, async () => {
  const python = startPython(tcpServer);
  const port = Number(await python.line());
  {
    await using client = await dialTcp({ host: "127.0.0.1", port, connectTimeoutMs: 60_000 });
    await client.send("hello\n");
    assert.equal(await client.readLine(100), "HELLO");
    await client.end();
    assert.equal(await client.readLine(100), undefined);
  }
  assert.equal(await python.end(), 0);
});
