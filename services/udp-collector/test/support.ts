import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { type Bus, BusError, type BusErrorCode, type BusHealth, type LoggedEvent } from "@fairlead/bus";
import type { Route, Router } from "@fairlead/chassis";
import {
  decodeRecords,
  type UdpListener,
  type UdpListenerKind,
  udpListenersSchema,
} from "@fairlead/contracts";
import {
  type Clock,
  type CloudEvent,
  type Logger,
  MemoryMeter,
  silentLogger,
  systemClock,
} from "@fairlead/core";
import type { RunningService } from "@fairlead/engine";
import type { z } from "zod";
import { kinds } from "../src/kinds.ts";
import { udpCollector } from "../src/mod.ts";

/** A bus in memory that refuses when it is told to. */
export class FakeBus implements Bus {
  readonly events: CloudEvent[] = [];
  /** Ids of everything that was tried, repeats included. */
  readonly attempts: string[] = [];
  refuse: ((event: CloudEvent) => BusErrorCode | undefined) | undefined;
  /** While it is set no publish ends. */
  hold: Promise<void> | undefined;
  #watchers = new Set<() => void>();

  async publish(event: CloudEvent): Promise<void> {
    this.attempts.push(event.id);
    this.#notify();
    await this.hold;
    const code = this.refuse?.(event);
    // As a real one: the data is not looked at again after this.
    if (code === undefined) this.events.push({ ...event, data: Buffer.from(event.data) });
    this.#notify();
    if (code !== undefined) {
      const retryable = code !== "EVENT_TOO_LARGE" && code !== "BUS_CLOSED";
      throw new BusError(code, `Cannot publish: told to say ${code}`, { retryable });
    }
  }

  #notify(): void {
    for (const watch of this.#watchers) watch();
  }

  /** Resolves when the condition holds, asked at the beginning and at the end of every publish. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = () => {
      if (condition()) resolve();
    };
    this.#watchers.add(watch);
    await promise;
    this.#watchers.delete(watch);
  }

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

  async *tail(): AsyncGenerator<LoggedEvent> {}

  health(): BusHealth {
    return {
      canAccept: true,
      isDegraded: false,
      problems: [],
      lastOffset: this.events.length,
      pendingEvents: 0,
      pendingBytes: 0,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

type ListenerInput = NonNullable<z.input<typeof udpCollector.configSchema>>["listeners"];

export const kindNames = Object.values(kinds).map(({ name }) => name);

/** Settings with which a datagram becomes an event within a moment, for the kinds whose defaults wait longer. */
const prompt: { readonly [Name in UdpListenerKind]?: object } = { statsd: { flushInterval: "20ms" } };

/** A listener of a kind, called as the kind. */
export const listenerOf = (kind: UdpListenerKind) => ({ name: kind, kind, ...prompt[kind] });

/** The whole service on a bus in memory, port 0 where none is given. */
export class Collector implements AsyncDisposable {
  readonly bus: FakeBus;
  readonly meter = new MemoryMeter();
  readonly #service: RunningService;
  readonly #routes: readonly Route[];

  static async start(
    listeners: ListenerInput,
    {
      bus = new FakeBus(),
      clock = systemClock,
      logger = silentLogger,
    }: { bus?: FakeBus; clock?: Clock; logger?: Logger } = {},
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

  private constructor(service: RunningService, routes: readonly Route[], bus: FakeBus, meter: MemoryMeter) {
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
