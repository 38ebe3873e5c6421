import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { temporaryDirectory } from "./directory.ts";
import { freePort } from "./port.ts";
import { exchange, RawClient } from "./raw-client.ts";
import { skipOrFail } from "./skip.ts";
import { smallDisk } from "./small-disk.ts";
import { splits } from "./splits.ts";

test("splits() gives chunks that make up the bytes, in more ways than one", () => {
  const counts = new Set<number>();
  fc.assert(
    fc.property(
      fc.uint8Array().chain((bytes) => fc.tuple(fc.constant(bytes), splits(bytes))),
      ([bytes, chunks]) => {
        counts.add(chunks.length);
        assert.deepEqual(Buffer.concat(chunks), Buffer.from(bytes));
      },
    ),
  );
  assert(counts.size > 3);
});

test("skipOrFail() gives the reason, and fails where every test is required and could run", () => {
  const before = process.env["FAIRLEAD_REQUIRE_ALL"];
  try {
    delete process.env["FAIRLEAD_REQUIRE_ALL"];
    assert.equal(skipOrFail(undefined), false);
    assert.equal(skipOrFail("no redis-server"), "skipped: no redis-server");
    process.env["FAIRLEAD_REQUIRE_ALL"] = "1";
    assert.equal(skipOrFail(undefined), false);
    assert.throws(() => skipOrFail("no redis-server"), /no redis-server/);
    assert.equal(skipOrFail("no permission to mount"), "skipped: no permission to mount");
  } finally {
    if (before === undefined) delete process.env["FAIRLEAD_REQUIRE_ALL"];
    else process.env["FAIRLEAD_REQUIRE_ALL"] = before;
  }
});

test("freePort() gives a port that can be listened on, outside of the kernel's own range", async () => {
  const port = await freePort();
  assert(port < 32_768);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  server.close();
});

test("temporaryDirectory() takes everything in it away when disposed", async () => {
  let path: string;
  {
    await using directory = await temporaryDirectory();
    path = directory.path;
    writeFileSync(directory.file("x"), "x");
  }
  assert.equal(existsSync(path), false);
});

const { disk: probe, reason } = await smallDisk(64 * 1024);
await probe?.[Symbol.asyncDispose]();

test("smallDisk() is full where it says, and has room again after resize()", {
  skip: skipOrFail(reason),
}, async () => {
  const { disk: mounted } = await smallDisk(64 * 1024);
  assert(mounted);
  await using disk = mounted;
  assert.throws(() => writeFileSync(disk.file("x"), Buffer.alloc(100 * 1024)), { code: "ENOSPC" });
  await disk.resize(256 * 1024);
  writeFileSync(disk.file("x"), Buffer.alloc(100 * 1024));
});

describe("RawClient", () => {
  test("reads lines, counts and the end; sends after the other side has ended", async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.end("one\ntwo12345rest");
      socket.on("data", (data) => received.push(data));
      socket.on("error", () => {});
    });
    after(() => server.close());
    const received: Buffer[] = [];
    const serverClosed = new Promise((resolve) => server.once("connection", (s) => s.once("close", resolve)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert(typeof address === "object" && address);
    {
      await using client = await RawClient.dial(address.port);
      assert.equal(await client.readLine(), "one");
      assert.equal((await client.readUntil("two")).toString(), "two");
      assert.equal((await client.readExactly(5)).toString(), "12345");
      assert.equal((await client.readAll()).toString(), "rest");
      await client.send("after the end");
      client.end();
      await client.closed();
      await serverClosed;
      assert.equal(Buffer.concat(received).toString(), "after the end");
      await assert.rejects(client.readLine(), /the connection ended/);
    }
    assert.equal(await exchange(address.port, ""), "one\ntwo12345rest");
  });
});
