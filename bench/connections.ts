/** Resident memory of idle connections to a TCP ingest listener, beyond the idle process. */
import { configWithoutListeners } from "@fairlead/engine/testing";
import { services } from "@fairlead/standalone";
import { type Figure, report } from "./figures.ts";
import { Fairlead, freePort, Program, residentBytes } from "./processes.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 3_000));

export async function measure(isSmoke: boolean): Promise<void> {
  const count = isSmoke ? 500 : 10_000;
  const port = await freePort();
  await using fairlead = await Fairlead.start({
    ...configWithoutListeners(services),
    "tcp-gateway": {
      listeners: [
        {
          name: "idle",
          port,
          limits: {
            maxConnections: count + 100,
            maxConnectionsPerAddress: count + 100,
            firstByte: "10m",
            idle: "10m",
          },
        },
      ],
    },
  });
  await settle();
  const before = await residentBytes(fairlead.pid);
  await using clients = new Program("load/idle-connections.ts", [port, count]);
  const { open } = await clients.next<{ open: number }>();
  await settle();
  const after = await residentBytes(fairlead.pid);

  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const figures: Figure[] = [
    { what: "connections open", value: String(open) },
    { what: "resident, idle process", value: mib(before) },
    { what: "resident, all connected", value: mib(after) },
  ];
  report("bench connections", figures, [
    {
      what: "resident per connection",
      ratio: (after - before) / open / 1024,
      limit: 8,
      direction: "at most",
      unit: " KiB",
    },
  ]);
}
