import type { Router } from "@fairlead/chassis";
import { type UdpListeners, udpListenersSchema } from "@fairlead/contracts";
import type { UdpListener } from "./listener.ts";

function describe(listener: UdpListener): UdpListeners["listeners"][number] {
  const { receivedBytes, kernelDropped, ...ledger } = listener.snapshot();
  const { askedBytes, grantedBytes, isShort } = listener.receiveBuffer;
  return {
    name: listener.config.name,
    kind: listener.config.kind,
    local: listener.local,
    ledger,
    receivedBytes,
    kernelDropped,
    receiveBuffer: { askedBytes: askedBytes ?? grantedBytes, grantedBytes, isShort },
  };
}

export function addRoutes(router: Router, instance: string, listeners: readonly UdpListener[]): void {
  router.add({
    method: "GET",
    path: "/udp/listeners",
    summary: "List the UDP listeners with their loss ledgers",
    description: "received = published + all of rejected + pending, at the moment of the answer.",
    scope: "udp:read",
    responses: { 200: { description: "The listeners of this instance", schema: udpListenersSchema } },
    handle: () => ({
      status: 200,
      body: { instance, listeners: listeners.map(describe) } satisfies UdpListeners,
    }),
  });
}
