/** Multicast, in a network namespace of its own (multicast.test.ts), where it reaches nobody else. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { namespaceInterface } from "@fairlead/harness";
import { Collector } from "./support.ts";

const { name: zone, ipv4 } = namespaceInterface;
const everybody = ["0.0.0.0/0", "::/0"];

for (const { family, host, group, via, at } of [
  { family: "udp4", host: "0.0.0.0", group: "239.255.77.1", via: ipv4, at: "" },
  { family: "udp6", host: "::", group: "ff02::77", via: `::%${zone}`, at: `%${zone}` },
] as const) {
  test(`udpCollector hears the ${family} multicast group that it joined`, async () => {
    const multicast = { groups: [group], interface: via };
    await using collector = await Collector.start([
      { name: "r", kind: "raw", host, multicast, allow: everybody },
    ]);
    const sender = createSocket(family).bind(0);
    await once(sender, "listening");
    sender.setMulticastInterface(via);
    sender.send("to all", collector.port(), `${group}${at}`);
    const listener = await collector.settled(1);
    sender.close();
    assert.equal(listener.ledger.published, 1);
    assert.equal(collector.bus.records[0]?.payload.toString(), "to all");
  });
}

test("udpCollector is a member of its group for as long as it runs", async () => {
  const isMember = () => /\sff020{26}78\s/.test(readFileSync("/proc/net/igmp6", "utf8"));
  assert.equal(isMember(), false);
  const multicast = { groups: ["ff02::78"], interface: `::%${zone}` };
  const collector = await Collector.start([
    { name: "r", kind: "raw", host: "::", multicast, allow: everybody },
  ]);
  const wasMember = isMember();
  await collector[Symbol.asyncDispose]();
  assert.equal(wasMember, true);
  assert.equal(isMember(), false);
});
