import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

type ProxyMode =
  | { readonly kind: "pass" }
  /** Hands over `bytes` more bytes of one direction of each connection, then closes both sides. */
  | { readonly kind: "cutAfter"; readonly bytes: number; readonly direction: "toClient" | "toServer" }
  /** Of the chunks that the server sends, this share (0 to 1) is thrown away and the connection closed with it. */
  | { readonly kind: "cutReplies"; readonly share: number; readonly random?: () => number }
  /** Every chunk waits so long, in both directions. Order is kept. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Connections stay open and are taken, nothing moves. What was held moves when the mode changes. */
  | { readonly kind: "freeze" }
  /** Connections are cut and new ones refused: nothing listens. */
  | { readonly kind: "refuse" };

export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Connections open now, and how many were cut by a mode so far. */
  readonly connections: number;
  readonly cuts: number;
  /** Resolves when the mode holds, for connections that are open as well as for new ones. */
  setMode(mode: ProxyMode): Promise<void>;
  /** Closes what is open now, with a TCP reset; the mode stays. */
  cutAll(): void;
}

type Direction = "toClient" | "toServer";

class Link {
  readonly sides: Readonly<Record<Direction, Socket>>;
  readonly #proxy: LoopbackProxy;
  readonly #moved: Record<Direction, number> = { toClient: 0, toServer: 0 };

  constructor(proxy: LoopbackProxy, client: Socket, server: Socket) {
    this.#proxy = proxy;
    this.sides = { toClient: client, toServer: server };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.close());
      socket.on("close", () => this.#finish());
    }
    void this.#move(client, server, "toServer");
    void this.#move(server, client, "toClient");
  }

  /** New counts for a new mode. */
  restart(): void {
    this.#moved.toClient = 0;
    this.#moved.toServer = 0;
  }

  /** Closes both sides at once, with a TCP reset where that side has not ended. */
  close(): void {
    this.#proxy.links.delete(this);
    for (const socket of Object.values(this.sides)) {
      // resetAndDestroy() of a socket whose end is on its way fails with EINVAL and never closes (Node 24).
      if (socket.writableEnded) socket.destroy();
      else if (!socket.destroyed) socket.resetAndDestroy();
    }
  }

  /** Closes both sides after what was written to them. */
  #finish(): void {
    this.#proxy.links.delete(this);
    for (const socket of Object.values(this.sides)) socket.destroySoon();
  }

  async #move(from: Socket, to: Socket, direction: Direction): Promise<void> {
    try {
      for await (const chunk of from) {
        await this.#proxy.thawed();
        const passing = this.#decide(chunk, direction);
        const mode = this.#proxy.mode;
        if (mode.kind === "delay") await new Promise((resolve) => setTimeout(resolve, mode.ms));
        if (passing.length > 0 && !to.write(passing)) {
          await new Promise((resolve) => to.once("drain", resolve).once("close", resolve));
        }
        if (passing.length < chunk.length) {
          this.#proxy.countCut();
          this.#finish();
          return;
        }
      }
      await this.#proxy.thawed();
      to.end();
    } catch {
      this.close();
    }
  }

  /** The part of the chunk that goes through; a shorter one means a cut. */
  #decide(chunk: Buffer, direction: Direction): Buffer {
    const { mode } = this.#proxy;
    if (mode.kind === "cutReplies" && direction === "toClient") {
      return (mode.random ?? Math.random)() < mode.share ? chunk.subarray(0, 0) : chunk;
    }
    if (mode.kind === "cutAfter" && direction === mode.direction) {
      const room = mode.bytes - this.#moved[direction];
      this.#moved[direction] += chunk.length;
      return chunk.subarray(0, Math.max(0, room));
    }
    return chunk;
  }
}

class LoopbackProxy implements FaultProxy {
  readonly host = "127.0.0.1";
  readonly links = new Set<Link>();
  readonly #target: { host: string; port: number };
  readonly #server: Server;
  #port: number;
  #cuts = 0;
  #mode: ProxyMode = { kind: "pass" };
  #thaw = Promise.withResolvers<void>();

  constructor(target: { host: string; port: number }, port: number) {
    this.#target = target;
    this.#port = port;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) =>
      this.#accept(client),
    );
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.links.size;
  }

  get cuts(): number {
    return this.#cuts;
  }

  get mode(): ProxyMode {
    return this.#mode;
  }

  countCut(): void {
    this.#cuts++;
  }

  async thawed(): Promise<void> {
    while (this.#mode.kind === "freeze") await this.#thaw.promise;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host: this.host, port: this.#port }, resolve);
    });
    const address: AddressInfo | string | null = this.#server.address();
    if (typeof address === "object" && address) this.#port = address.port;
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    const server = connect({ ...this.#target, allowHalfOpen: true });
    const giveUp = () => client.destroy();
    server.once("error", giveUp);
    server.once("connect", () => {
      server.off("error", giveUp);
      if (client.destroyed) server.destroy();
      else this.links.add(new Link(this, client, server));
    });
  }

  async setMode(mode: ProxyMode): Promise<void> {
    const before = this.#mode;
    this.#mode = mode;
    for (const link of this.links) link.restart();
    this.#thaw.resolve();
    this.#thaw = Promise.withResolvers();
    if (mode.kind === "refuse" && before.kind !== "refuse") await this.#close();
    if (mode.kind !== "refuse" && before.kind === "refuse") await this.listen();
  }

  cutAll(): void {
    for (const link of [...this.links]) link.close();
  }

  async #close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cutAll();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.setMode({ kind: "refuse" });
  }
}

/**
 * A TCP proxy on 127.0.0.1 that stands between a client and a server and breaks what goes through it on request.
 * @param port to listen on; 0 for any
 */
export async function startProxy(target: { host?: string; port: number }, port = 0): Promise<FaultProxy> {
  const proxy = new LoopbackProxy({ host: "127.0.0.1", ...target }, port);
  await proxy.listen();
  return proxy;
}
