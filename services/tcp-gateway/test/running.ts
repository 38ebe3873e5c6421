import assert from "node:assert/strict";
import type { Bus, BusHealth, LoggedEvent } from "@fairlead/bus";
import type { Reply, Router } from "@fairlead/chassis";
import { decodeRecords } from "@fairlead/contracts";
import { type Clock, type CloudEvent, MemoryMeter, silentLogger, systemClock } from "@fairlead/core";
import type { RunningService } from "@fairlead/engine";
import type { z } from "zod";
import type { configSchema } from "../src/config.ts";
import { tcpGateway } from "../src/mod.ts";

type GatewayInput = NonNullable<z.input<typeof configSchema>>;
type Nameless<Input> = Input extends unknown ? Omit<Input, "name"> : never;
type ListenerInput = Nameless<NonNullable<GatewayInput["listeners"]>[number]>;

/** A bus in memory: each publish is durable some turns later, in order, unless the test refuses it. */
export class MemoryBus implements Bus {
  readonly events: CloudEvent[] = [];
  /** Set: every publish fails with it. */
  refusal: Error | undefined;
  #held: (() => void)[] | undefined;
  readonly #watchers = new Set<() => void>();

  async publish(event: CloudEvent): Promise<void> {
    if (this.refusal) throw this.refusal;
    await new Promise<void>((resolve) => {
      if (this.#held) this.#held.push(resolve);
      else setImmediate(resolve);
      this.#tell();
    });
    this.events.push(event);
    this.#tell();
  }

  #tell(): void {
    for (const watch of this.#watchers) watch();
  }

  /** Nothing becomes durable until `release`. */
  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const resolve of held) resolve();
  }

  /** Resolves when so many publishes wait to be released. */
  pending(count: number): Promise<void> {
    return this.#until(() => this.#held !== undefined && this.#held.length >= count);
  }

  /** Events of a type, as soon as there are so many. */
  async first(type: string, count: number): Promise<CloudEvent[]> {
    const ofType = () => this.events.filter((event) => event.type === `dev.fairlead.${type}`);
    await this.#until(() => ofType().length >= count);
    return ofType().slice(0, count);
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        const watch = () => {
          this.#watchers.delete(watch);
          setImmediate(resolve);
        };
        this.#watchers.add(watch);
      });
    }
  }

  /** Payloads of all records, as text, in the order of the log. */
  get records(): string[] {
    return this.events.filter(({ type }) => type.endsWith(".records")).flatMap(payloads);
  }

  // biome-ignore lint/correctness/useYield: nobody reads this bus; its events are looked at
  async *tail(): AsyncGenerator<LoggedEvent> {
    throw new Error("not a bus to tail");
  }

  health(): BusHealth {
    const canAccept = this.refusal === undefined;
    return { canAccept, isDegraded: false, problems: [], lastOffset: 0, pendingEvents: 0, pendingBytes: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

export const payloads = (event: CloudEvent): string[] =>
  Array.from(decodeRecords(event), ({ payload }) => payload.toString("latin1"));

type Handler = (request: { params: object; query: object }) => Promise<Reply | undefined>;

export interface RunningGateway extends AsyncDisposable {
  readonly service: RunningService;
  readonly bus: Bus;
  readonly meter: MemoryMeter;
  /** Of the listener with this number. */
  port(index?: number): number;
  /** Calls a route as the HTTP server would, "GET /tcp/connections". */
  call(route: string, params?: object, query?: object): Promise<Reply | undefined>;
  /** Value of a metric after a scrape. */
  metric(name: string, labels: Record<string, string>): Promise<number>;
}

/** A gateway on free ports of loopback. */
export async function startGateway<B extends Bus = MemoryBus>(
  listeners: readonly ListenerInput[],
  options: { bus?: B; creditBytes?: string; clock?: Clock } = {},
): Promise<RunningGateway & { bus: B }> {
  const bus = options.bus ?? (new MemoryBus() as unknown as B);
  const meter = new MemoryMeter();
  const routes = new Map<string, { route: Parameters<Router["add"]>[0] }>();
  const { creditBytes = "32MiB", clock = systemClock } = options;
  const config = tcpGateway.configSchema.parse({
    creditBytes,
    listeners: listeners.map((listener, index) => ({
      name: `listener-${index}`,
      ...(!("path" in listener) && { port: 0 }),
      ...listener,
    })),
  });
  const service = await tcpGateway.open({
    config,
    instance: "instance-1",
    bus,
    logger: silentLogger,
    meter,
    clock,
    dataDir: () => assert.fail("the gateway keeps nothing of its own"),
    router: { add: (route) => void routes.set(`${route.method} ${route.path}`, { route: route as never }) },
  });
  return {
    service,
    bus,
    meter,
    port: (index = 0) => service.endpoints[index]!.port,
    async call(name, params = {}, query = {}) {
      const { route } = routes.get(name)!;
      const checked = { params: route.params?.parse(params) ?? {}, query: route.query?.parse(query) ?? {} };
      return (route.handle as unknown as Handler)(checked as { params: object; query: object });
    },
    async metric(name, labels) {
      await meter.scrape();
      return meter.value(`fairlead_tcp_gateway_${name}`, labels);
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}
