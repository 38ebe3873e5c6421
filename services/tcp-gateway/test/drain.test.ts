import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { openSqliteBus } from "@fairlead/bus";
import { temporaryDirectory } from "@fairlead/harness";
import { payloads, startGateway } from "./running.ts";

/** A client that sends numbered lines as fast as it may, until it is told to stop or the connection ends. */
class Flood {
  acknowledged = 0;
  last = "";
  readonly ended: Promise<unknown>;
  readonly #name: string;

  constructor(port: number, name: string) {
    this.#name = name;
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.ended = once(socket, "close");
    let next = 1;
    const send = () => {
      while (socket.writable) {
        const lines = Array.from({ length: 100 }, () => `${name}:${next++}\n`).join("");
        if (!socket.write(lines)) return;
      }
    };
    let rest = "";
    socket.setEncoding("utf8").on("error", () => {});
    socket.on("connect", send).on("drain", send);
    socket.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        this.last = line;
        const ok = /^OK (\d+)$/.exec(line);
        if (ok) this.acknowledged = Number(ok[1]);
      }
    });
    socket.on("end", () => socket.end());
  }

  get acknowledgedLines(): string[] {
    return Array.from({ length: this.acknowledged }, (_, index) => `${this.#name}:${index + 1}`);
  }
}

test("drain() under load: refuses new connections, acknowledges all that was taken, says why, ends in order", async () => {
  await using directory = await temporaryDirectory();
  const stored: string[] = [];
  const floods: Flood[] = [];
  {
    await using bus = await openSqliteBus({ path: directory.file("events.db") });
    await using gateway = await startGateway([{}], { bus });
    for (let i = 0; i < 4; i++) floods.push(new Flood(gateway.port(), `client-${i}`));
    while (floods.some(({ acknowledged }) => acknowledged < 5_000)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    // By itself: this signal never fires.
    await gateway.service.drain(new AbortController().signal);
    const late = connect(gateway.port(), "127.0.0.1");
    await assert.rejects(once(late, "connect"), { code: "ECONNREFUSED" });
    await Promise.all(floods.map(({ ended }) => ended));
    assert.equal(await gateway.metric("pending_records", { listener: "listener-0" }), 0);
    for await (const { event } of bus.tail({ after: 0, follow: false, types: ["tcp.records"] })) {
      stored.push(...payloads(event));
    }
  }
  const all = new Set(stored);
  for (const flood of floods) {
    assert.match(flood.last, /^ERR DRAINING /);
    assert.ok(flood.acknowledged >= 5_000);
    const missing = flood.acknowledgedLines.filter((line) => !all.has(line));
    assert.deepEqual(missing.slice(0, 5), [], `${missing.length} acknowledged lines are not stored`);
  }
  // Nothing failed, so everything that was taken was acknowledged too.
  assert.equal(
    stored.length,
    floods.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
  );
});

test("drain() cuts what is left when its signal fires", async () => {
  await using gateway = await startGateway([{ linger: "30s" }]);
  const socket = connect({ port: gateway.port(), host: "127.0.0.1", allowHalfOpen: true }).on(
    "error",
    () => {},
  );
  await once(socket, "connect");
  socket.write("held\n");
  socket.resume();
  await gateway.bus.first("tcp.records", 1);
  const end = new AbortController();
  const drained = gateway.service.drain(end.signal);
  await once(socket, "end");
  end.abort();
  await drained;
  socket.destroy();
});
