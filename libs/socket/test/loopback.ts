import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Connection } from "../src/connection.ts";
import { listenTcp } from "../src/listen.ts";
import type { ListenTcpOptions, StreamListener } from "../src/listener.ts";

/** A listener on a free loopback port, with limits that no test meets by accident. */
export function listenLoopback(
  onConnection: ListenTcpOptions["onConnection"],
  options: Partial<ListenTcpOptions> = {},
): Promise<StreamListener> {
  return listenTcp({
    host: "127.0.0.1",
    port: 0,
    maxConnections: 1_000,
    maxConnectionsPerAddress: 1_000,
    onConnection,
    ...options,
  });
}

export async function echo(connection: Connection): Promise<void> {
  for (;;) {
    const chunk = await connection.read();
    if (chunk === undefined) return;
    await connection.send(chunk);
  }
}

/** A plain Node socket as the peer, which can misbehave as ours cannot. */
export async function dialPlain(listener: StreamListener, allowHalfOpen = false): Promise<Socket> {
  const { host, port, family } = listener.address;
  const peer = connect(family === "unix" ? { path: host, allowHalfOpen } : { host, port, allowHalfOpen });
  peer.on("error", () => {});
  await once(peer, "connect");
  return peer;
}

/** Dials to be turned away, which the peer may see before it sees that it was connected. */
export async function dialRefused({ address: { host, port } }: StreamListener): Promise<void> {
  const peer = connect({ host, port });
  peer.on("error", () => {});
  await gone(peer);
}

export interface Pair extends AsyncDisposable {
  readonly listener: StreamListener;
  readonly connection: Connection;
  readonly peer: Socket;
}

/** One accepted connection, which the test holds, and its peer. */
export async function openPair(options: Partial<ListenTcpOptions> = {}): Promise<Pair> {
  const accepted = Promise.withResolvers<Connection>();
  const listener = await listenLoopback(async (connection) => {
    accepted.resolve(connection);
    await connection.closed;
  }, options);
  const peer = await dialPlain(listener, true);
  return {
    listener,
    connection: await accepted.promise,
    peer,
    [Symbol.asyncDispose]: async () => {
      peer.destroy();
      await listener[Symbol.asyncDispose]();
    },
  };
}

/** Lets the loop turn until `isTrue`: for what only the kernel decides. The test's own time limit bounds it. */
export async function eventually(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Resolves when a plain peer is closed, by whatever; what it receives is thrown away. */
export async function gone(peer: Socket): Promise<void> {
  peer.resume();
  if (!peer.closed) await new Promise((resolve) => peer.once("close", resolve));
}

/** Error code of what must fail. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "no error";
}

/** Everything that comes until the end; `each` sees it as it comes. */
export async function collect<T>(source: AsyncIterable<T>, each: (item: T) => void = () => {}): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) {
    items.push(item);
    each(item);
  }
  return items;
}

/** All bytes that a peer receives until the end, as text. */
export async function receiveText(peer: AsyncIterable<Buffer>): Promise<string> {
  return Buffer.concat(await collect(peer)).toString();
}

/** A label of 64 is longer than DNS allows (RFC 1035, 2.3.4): refused here, without asking a name server. */
export const nameThatIsNone = `${"a".repeat(64)}.invalid`;
