import assert from "node:assert/strict";
import { test } from "node:test";
import type { TcpConnection, TcpConnectionsPage } from "@fairlead/contracts";
import { RawClient } from "@fairlead/harness";
import { startGateway } from "./running.ts";

test("the routes list connections page by page, show one and close it", async () => {
  await using gateway = await startGateway([{}, { kind: "echo" }]);
  await using first = await RawClient.dial(gateway.port(0));
  await first.send("one\n");
  await first.readUntil("OK 1\n");
  await using second = await RawClient.dial(gateway.port(1));
  await second.send("x");
  await second.readExactly(1);

  const list = async (query: object) =>
    (await gateway.call("GET /tcp/connections", {}, query))?.body as TcpConnectionsPage;
  const one = await list({ limit: "1" });
  assert.equal(one.connections.length, 1);
  const [held] = one.connections as [TcpConnection];
  assert.deepEqual(
    [held.instance, held.listener, held.records, held.bytesReceived],
    ["instance-1", "listener-0", 1, 4],
  );
  const two = await list({ limit: "1", after: one.next });
  assert.equal(two.connections[0]!.listener, "listener-1");
  assert.equal(two.next, undefined);

  const shown = await gateway.call("GET /tcp/connections/{id}", { id: held.id });
  assert.deepEqual(shown?.body, held);
  const closed = await gateway.call("DELETE /tcp/connections/{id}", { id: held.id });
  assert.equal(closed?.status, 202);
  assert.equal((await first.readAll()).toString(), "ERR CLOSED closed by an operator\n");
  first.end();
  const [event] = await gateway.bus.first("tcp.closed", 1);
  assert.equal(JSON.parse(Buffer.from(event!.data).toString()).reason, "local");
  for (const route of ["GET /tcp/connections/{id}", "DELETE /tcp/connections/{id}"]) {
    await assert.rejects(gateway.call(route, { id: held.id }), { status: 404, code: "CONNECTION_NOT_FOUND" });
  }
});
