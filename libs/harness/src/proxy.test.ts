import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { after, before, describe, test } from "node:test";
import { startProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";

describe("startProxy()", () => {
  let echo: Server;
  let port: number;

  before(async () => {
    echo = createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).pipe(socket));
    await once(echo.listen(0, "127.0.0.1"), "listening");
    const address = echo.address();
    assert(typeof address === "object" && address);
    port = address.port;
  });
  after(() => echo.close());

  test("hands over bytes and both half-closes when it passes", async () => {
    await using proxy = await startProxy({ port });
    await using client = await RawClient.dial(proxy.port);
    const bytes = Buffer.alloc(300_000, "fairlead");
    void client.send(bytes);
    client.end();
    assert.deepEqual(await client.readAll(), bytes);
    assert.equal(client.error, undefined);
  });

  for (const direction of ["toClient", "toServer"] as const) {
    test(`cuts after exactly so many bytes ${direction}`, async () => {
      await using proxy = await startProxy({ port });
      await proxy.setMode({ kind: "cutAfter", bytes: 5, direction });
      await using client = await RawClient.dial(proxy.port);
      void client.send("1234567890");
      const read = await client.readAll();
      assert.equal(read.toString(), direction === "toClient" ? "12345" : read.toString());
      assert(read.length <= 5);
      client.end(); // A half-open client hears of a reset only when it uses its side.
      await client.closed();
      assert.equal(proxy.cuts, 1);
    });
  }

  test("throws a reply away with the connection when it cuts replies", async () => {
    await using proxy = await startProxy({ port });
    const drawn = [0.9, 0.01];
    await proxy.setMode({ kind: "cutReplies", share: 0.05, random: () => drawn.shift() ?? 1 });
    await using client = await RawClient.dial(proxy.port);
    await client.send("first\n");
    assert.equal(await client.readLine(), "first");
    await client.send("second\n");
    assert.equal((await client.readAll()).length, 0);
    assert.equal(proxy.cuts, 1);
  });

  test("holds everything while frozen and gives it in order when it passes again", async () => {
    await using proxy = await startProxy({ port });
    await using client = await RawClient.dial(proxy.port);
    await proxy.setMode({ kind: "freeze" });
    await client.send("a\n");
    await client.send("b\n");
    await assert.rejects(client.readLine(100), /100 ms without/);
    await proxy.setMode({ kind: "pass" });
    assert.equal(await client.readLine(), "a");
    assert.equal(await client.readLine(), "b");
  });

  test("delays without changing the order", async () => {
    await using proxy = await startProxy({ port });
    await proxy.setMode({ kind: "delay", ms: 30 });
    await using client = await RawClient.dial(proxy.port);
    const start = performance.now();
    await client.send("a");
    await client.send("b\n");
    assert.equal(await client.readLine(), "ab");
    assert(performance.now() - start >= 55);
  });

  test("cuts what is open and refuses what is new, then listens on the same port again", async () => {
    await using proxy = await startProxy({ port });
    await using open = await RawClient.dial(proxy.port);
    await open.send("x");
    await open.readExactly(1);
    await proxy.setMode({ kind: "refuse" });
    await open.closed();
    await assert.rejects(RawClient.dial(proxy.port), { code: "ECONNREFUSED" });
    await proxy.setMode({ kind: "pass" });
    await using again = await RawClient.dial(proxy.port);
    await again.send("y");
    assert.equal((await again.readExactly(1)).toString(), "y");
  });
});
