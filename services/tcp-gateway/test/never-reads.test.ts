import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { exchange, findBinary, skipOrFail, temporaryDirectory } from "@fairlead/harness";
import { startGateway } from "./running.ts";

/** Sends line after line, each when the one before has had time to be answered, with small buffers, and never reads. */
const neverReads = `
import signal, socket, sys, time
signal.alarm(600)
target = sys.argv[1]
is_unix = target.startswith("/")
s = socket.socket(socket.AF_UNIX if is_unix else socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
s.connect(target if is_unix else ("127.0.0.1", int(target)))
sent = 0
try:
    while True:
        s.sendall(b"x" * 20 + b"\\n")
        sent += 1
        # Lines that come together are answered together: many answers need many turns.
        time.sleep(0.0002)
except (BrokenPipeError, ConnectionResetError):
    print(sent)
`;

for (const kind of ["TCP", "Unix"] as const) {
  test(`a client of a ${kind} socket that never reads its answers is read no further, and cut at the send limit`, {
    skip: skipOrFail(findBinary("python3") ? undefined : "no python3"),
  }, async () => {
    await using directory = await temporaryDirectory();
    const path = directory.file("ingest.sock");
    // Each line is answered by a long ERR and an OK, so that the buffers between the two are soon full.
    const codec = { name: "lines", maxFrameBytes: "10B", oversize: "truncate" } as const;
    const where = kind === "Unix" ? { path } : {};
    await using gateway = await startGateway([
      { ...where, codec, limits: { send: "500ms" }, creditBytes: "64KiB" },
    ]);
    const target = kind === "Unix" ? { path } : gateway.port();
    const argument = kind === "Unix" ? path : String(target);
    const { stdout } = await promisify(execFile)("python3", ["-c", neverReads, argument], {
      timeout: 660_000,
    });
    const [closed] = await gateway.bus.first("tcp.closed", 1);
    assert.equal(JSON.parse(Buffer.from(closed!.data).toString()).reason, "send-timeout");
    assert.ok(Number(stdout) > 0);
    assert.ok(gateway.bus.records.length <= Number(stdout));
    assert.match(await exchange(target, "served\n"), /^OK 1\n$/);
  });
}
