import type { UdpListener } from "@fairlead/contracts";
import type { Meter } from "@fairlead/core";
import { followTotal, Ledger, showLedger } from "@fairlead/ingress";
import type { UdpStats } from "@fairlead/socket";
import { prefix } from "./counters.ts";

/** Why a datagram that was received did not become part of an event. The last two reasons are what the bus said. */
export const rejectReasons = ["overflow", "denied", "event-too-large", "bus-closed"] as const;

/** The losses of a listener at one moment: received = published + all of rejected + pending. */
export type LossSnapshot = Readonly<
  UdpListener["ledger"] & Pick<UdpListener, "kernelDropped" | "receivedBytes">
>;

/** What the ledger reads from the socket. */
export interface ReceivedCounts {
  readonly stats: Pick<UdpStats, "received" | "receivedBytes" | "overflowDropped">;
  kernelDrops(): number | undefined;
}

/** The socket counts what comes in and what its pile has no room for; what becomes of the rest is told to the ledger. */
export function createLedger(socket: ReceivedCounts): Ledger {
  const ledger = new Ledger(() => {
    const { received, receivedBytes, overflowDropped } = socket.stats;
    return {
      received: { count: received, bytes: receivedBytes },
      rejected: { overflow: { count: overflowDropped, bytes: 0 } },
    };
  });
  for (const reason of rejectReasons) ledger.reject(0, 0, reason);
  return ledger;
}

/** The ledger in datagrams. */
export function lossSnapshot(ledger: Ledger, socket: ReceivedCounts): LossSnapshot {
  const { received, published, rejected, pending } = ledger.snapshot();
  return {
    received: received.count,
    published: published.count,
    rejected: Object.fromEntries(Object.entries(rejected).map(([reason, { count }]) => [reason, count])),
    pending: pending.count,
    kernelDropped: socket.kernelDrops() ?? null,
    receivedBytes: received.bytes,
  };
}

/** Shows the ledger of a listener and what the kernel dropped at every scrape. Dispose to stop. */
export function showLosses(
  ledger: Ledger,
  socket: ReceivedCounts,
  meter: Meter,
  listener: string,
): Disposable {
  const resources = new DisposableStack();
  const options = { service: "udp-collector", listener, unit: "datagrams", hasBytes: false } as const;
  resources.use(showLedger(ledger, meter, { ...options, reasons: rejectReasons }));
  const kernelDropped = meter.counter({
    name: `${prefix}kernel_dropped_datagrams_total`,
    help: "Datagrams that the kernel dropped; absent where it does not say",
    labels: ["listener"],
  });
  let follow: ((total: number) => void) | undefined;
  const show = () => {
    const drops = socket.kernelDrops();
    if (drops === undefined) return;
    follow ??= followTotal(kernelDropped, { listener });
    follow(drops);
  };
  resources.use(meter.onScrape(show));
  return resources;
}
