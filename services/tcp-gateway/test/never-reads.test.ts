import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { TcpClosed } from "@fairlead/contracts";
import {
  eventually,
  exchange,
  findBinary,
  skipOrFail,
  startProcess,
  temporaryDirectory,
} from "@fairlead/harness";
import { startGateway } from "./running.ts";

/** A line over the cap of 10 bytes is answered by a long ERR and an OK. */
const lineBytes = 21;
const floodLines = 50_000;
/** A chunk that waits for the session, and one read of the kernel. */
const readAheadBytes = 2 * 65_536;

/**
 * Sends as many lines as each number on its standard input says, and never reads. Small segments and a small buffer, so that
 * the kernel holds little between the two.
 */
const neverReads = `
import socket, sys
target = sys.argv[1]
is_unix = target.startswith("/")
s = socket.socket(socket.AF_UNIX if is_unix else socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
if not is_unix:
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
s.connect(target if is_unix else ("127.0.0.1", int(target)))
try:
    for count in sys.stdin:
        s.sendall((b"x" * 20 + b"\\n") * int(count))
except (BrokenPipeError, ConnectionResetError):
    print("cut", flush=True)
`;

for (const kind of ["TCP", "Unix"] as const) {
  test(`a client of a ${kind} socket that never reads its answers is read no further, and cut at the send limit`, {
    skip: skipOrFail(findBinary("python3") ? undefined : "no python3"),
  }, async () => {
    await using directory = await temporaryDirectory();
    const path = directory.file("ingest.sock");
    const codec = { name: "lines", maxFrameBytes: "10B", oversize: "truncate" } as const;
    const where = kind === "Unix" ? { path } : {};
    await using gateway = await startGateway([
      { ...where, codec, limits: { send: "500ms" }, creditBytes: "64KiB" },
    ]);
    const { bus } = gateway;
    const target = kind === "Unix" ? { path } : gateway.port();
    await using client = await startProcess("-c", {
      command: "python3",
      args: [neverReads, kind === "Unix" ? path : String(target)],
    });
    let sentLines = 0;
    const send = (lines: number) => {
      client.write(`${lines}\n`);
      sentLines += lines;
    };
    const isClosed = () => bus.events.at(-1)?.type === "dev.fairlead.tcp.closed";
    const published = () => gateway.metric("published_records_total", { listener: "listener-0" });

    // Lines that come together are answered together, and few answers do not fill the buffers. So each line is sent when the
    // one before has been published. A line that is late may be one that the gateway does not read any more: then it must not
    // read the flood behind the line either. Where only the machine is slow, all of the flood is published.
    let linesBeforeFlood = 0;
    while (!isClosed()) {
      const before = bus.attempts.length;
      send(1);
      const next = bus.until(() => bus.attempts.length > before);
      if (await Promise.race([next.then(() => true), sleep(200, false)])) continue;
      linesBeforeFlood = sentLines;
      send(floodLines);
      const isDecided = async () => isClosed() || (await published()) === sentLines;
      await eventually(isDecided, "a cut, or a published flood");
    }
    const closed: TcpClosed = JSON.parse(Buffer.from(bus.events.at(-1)!.data).toString());
    assert.equal(closed.reason, "send-timeout");
    assert.ok(sentLines > linesBeforeFlood, "the cut came before the flood");
    const mayBeRead = linesBeforeFlood * lineBytes + readAheadBytes;
    assert.ok(closed.bytesReceived <= mayBeRead, `${closed.bytesReceived} bytes were read`);
    // The kernel may take one more line before the reset comes: lines are sent until one meets the reset.
    const cut = client.waitForLine("cut").then(() => true);
    do client.write("1\n");
    while (!(await Promise.race([cut, sleep(50, false)])));
    assert.match(await exchange(target, "served\n"), /^OK 1\n$/);
  });
}
