import { networkInterfaces } from "node:os";
import type { SocketAddress } from "./connection.ts";

/** How many bound UDP sockets of this process have each port. */
const ports = new Map<number, number>();

/** Notes a bound socket, until disposed. */
export function noteOwnSocket({ port }: SocketAddress): Disposable {
  ports.set(port, (ports.get(port) ?? 0) + 1);
  return {
    [Symbol.dispose]: () => {
      const left = (ports.get(port) ?? 1) - 1;
      if (left > 0) ports.set(port, left);
      else ports.delete(port);
    },
  };
}

/** True for the address of a UDP socket that this process has bound: a datagram from there is forged, or one that we sent. */
export function isOwnUdpSocket({ host, port }: SocketAddress): boolean {
  if (!ports.has(port)) return false;
  if (/^127\.|^::1$|^::ffff:127\./.test(host)) return true;
  const [bare = host] = host.split("%");
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === bare),
  );
}
