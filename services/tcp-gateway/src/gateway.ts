import type { TcpConnection } from "@fairlead/contracts";
import type { Endpoint } from "@fairlead/engine";
import type { GatewayConfig } from "./config.ts";
import type { SourcedSnapshot } from "./counters.ts";
import { Listener, type ListenerParts } from "./listener.ts";

/** The listeners of a gateway, in this process or in its workers. */
export interface Gateway extends AsyncDisposable {
  readonly endpoints: readonly Endpoint[];
  /** What is wrong, in sentences for an operator. */
  readonly problems: readonly string[];
  /** Open connections in order of id, from the first one after `after`. */
  list(options: { after: string; limit: number }): Promise<readonly TcpConnection[]>;
  find(id: string): Promise<TcpConnection | undefined>;
  /** False when there is no such connection. */
  close(id: string): Promise<boolean>;
  snapshots(): Promise<readonly SourcedSnapshot[]>;
  /** Stops gracefully; cuts what is left when the signal fires. */
  drain(signal: AbortSignal): Promise<void>;
}

/** All listeners in this process. */
export class LocalGateway implements Gateway {
  readonly problems: readonly string[] = [];
  readonly #listeners: readonly Listener[];
  readonly #instance: string;

  private constructor(listeners: readonly Listener[], instance: string) {
    this.#listeners = listeners;
    this.#instance = instance;
  }

  /** Opens every listener, or none. @throws {SocketError} */
  static async open(config: GatewayConfig, parts: ListenerParts): Promise<LocalGateway> {
    await using opened = new AsyncDisposableStack();
    const listeners: Listener[] = [];
    for (const listener of config.listeners) listeners.push(opened.use(await Listener.open(listener, parts)));
    opened.move();
    return new LocalGateway(listeners, parts.instance);
  }

  get endpoints(): readonly Endpoint[] {
    return this.#listeners.map(({ endpoint }) => endpoint);
  }

  async list({ after, limit }: { after: string; limit: number }): Promise<readonly TcpConnection[]> {
    return firstAfter(
      this.#listeners.flatMap(({ connections }) => connections),
      after,
      limit,
    );
  }

  async find(id: string): Promise<TcpConnection | undefined> {
    for (const listener of this.#listeners) {
      const found = listener.find(id);
      if (found) return found;
    }
    return undefined;
  }

  async close(id: string): Promise<boolean> {
    return this.#listeners.some((listener) => listener.close(id));
  }

  async snapshots(): Promise<readonly SourcedSnapshot[]> {
    return this.#listeners.map((listener) => [this.#instance, listener.snapshot()] as const);
  }

  async drain(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.drain(signal)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener[Symbol.asyncDispose]()));
  }
}

/** A page of connections: in order of id, after the given one. */
export function firstAfter(
  connections: readonly TcpConnection[],
  after: string,
  limit: number,
): readonly TcpConnection[] {
  return connections
    .filter(({ id }) => id > after)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, limit);
}
