import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { MemoryBus } from "@fairlead/bus/memory";
import type { Route, Router } from "@fairlead/chassis";
import {
  decodeRecords,
  type UdpListener,
  type UdpListenerKind,
  udpListenersSchema,
} from "@fairlead/contracts";
import { type Clock, type Logger, silentLogger, systemClock } from "@fairlead/core";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import type { RunningService } from "@fairlead/engine";
import type { z } from "zod";
import { kinds } from "../src/kinds.ts";
import { udpCollector } from "../src/mod.ts";

/** The bus in memory, with what its events hold. */
export class CollectorBus extends MemoryBus {
  /** The records of all events, in their order, by the names that a consumer sees. */
  get records() {
    return this.events.flatMap((event) =>
      [...decodeRecords(event)].map((record) => ({ ...record, id: `${event.subject}:${record.seq}`, event })),
    );
  }

  /** The lines of NDJSON events. */
  get lines(): Record<string, unknown>[] {
    return this.events.flatMap((event) =>
      Buffer.from(event.data)
        .toString()
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    );
  }
}

type ListenerInput = NonNullable<z.input<typeof udpCollector.configSchema>>["listeners"];

export const kindNames = Object.values(kinds).map(({ name }) => name);

/** Settings with which a datagram becomes an event within a moment, for the kinds whose defaults wait longer. */
const prompt: { readonly [Name in UdpListenerKind]?: object } = { statsd: { flushInterval: "20ms" } };

/** A listener of a kind, called as the kind. */
export const listenerOf = (kind: UdpListenerKind) => ({ name: kind, kind, ...prompt[kind] });

/** The whole service on a bus in memory, port 0 where none is given. */
export class Collector implements AsyncDisposable {
  readonly bus: CollectorBus;
  readonly meter = new MemoryMeter();
  readonly #service: RunningService;
  readonly #routes: readonly Route[];

  static async start(
    listeners: ListenerInput,
    {
      bus = new CollectorBus(),
      clock = systemClock,
      logger = silentLogger,
    }: { bus?: CollectorBus; clock?: Clock; logger?: Logger } = {},
  ): Promise<Collector> {
    const routes: Route[] = [];
    const router: Router = { add: (route) => void routes.push(route as unknown as Route) };
    const collector = new MemoryMeter();
    const config = udpCollector.configSchema.parse({ listeners });
    const service = await udpCollector.open({
      config,
      instance: "i1",
      bus,
      logger,
      meter: collector,
      clock,
      router,
      dataDir: () => assert.fail("the collector keeps nothing of its own"),
    });
    return new Collector(service, routes, bus, collector);
  }

  private constructor(
    service: RunningService,
    routes: readonly Route[],
    bus: CollectorBus,
    meter: MemoryMeter,
  ) {
    this.#service = service;
    this.#routes = routes;
    this.bus = bus;
    this.meter = meter;
  }

  get service(): RunningService {
    return this.#service;
  }

  port(index = 0): number {
    return this.#service.endpoints[index]!.port;
  }

  /** As `GET /v1/udp/listeners` shows it. */
  listener(index = 0): UdpListener {
    const route = this.#routes.find(({ method, path }) => method === "GET" && path === "/udp/listeners");
    const reply = route?.handle({} as never) as { body: unknown };
    return udpListenersSchema.parse(reply.body).listeners[index]!;
  }

  /** Resolves when so many datagrams are accounted for, by the kernel or by us, and none is pending. */
  async settled(datagrams: number, index = 0): Promise<UdpListener> {
    for (;;) {
      const listener = this.listener(index);
      const { received, pending } = listener.ledger;
      if (received + (listener.kernelDropped ?? 0) >= datagrams && pending === 0) return listener;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async drain(signal: AbortSignal = new AbortController().signal): Promise<void> {
    await this.#service.drain(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
  }
}

/** received = published + rejected + pending */
export function ledgerDifference({ ledger }: UdpListener): number {
  const rejected = Object.values(ledger.rejected).reduce((sum, count) => sum + count, 0);
  return ledger.received - ledger.published - rejected - ledger.pending;
}

/** A client of a few lines: sends, and hears what comes back. */
export class Client implements AsyncDisposable {
  readonly #socket;
  readonly #host: string;
  readonly #port: number;

  constructor(port: number, host = "127.0.0.1") {
    this.#socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    this.#host = host;
    this.#port = port;
  }

  get socket() {
    return this.#socket;
  }

  async send(...payloads: (string | Uint8Array)[]): Promise<void> {
    for (const payload of payloads) {
      await new Promise<void>((resolve, reject) => {
        this.#socket.send(payload, this.#port, this.#host, (error) => (error ? reject(error) : resolve()));
      });
    }
  }

  reply(): Promise<Buffer> {
    return new Promise((resolve) => this.#socket.once("message", (payload) => resolve(payload)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}
