import assert from "node:assert/strict";
import type { Bus } from "@fairlead/bus";
import { MemoryBus } from "@fairlead/bus/memory";
import type { Reply, Router } from "@fairlead/chassis";
import { type CloudEvent, decodeRecords } from "@fairlead/contracts";
import { type Clock, silentLogger, systemClock } from "@fairlead/core";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import type { RunningService } from "@fairlead/engine";
import type { z } from "zod";
import type { configSchema } from "../src/config.ts";
import { tcpGateway } from "../src/mod.ts";

type GatewayInput = NonNullable<z.input<typeof configSchema>>;
type Nameless<Input> = Input extends unknown ? Omit<Input, "name"> : never;
type ListenerInput = Nameless<NonNullable<GatewayInput["listeners"]>[number]>;

/** The bus in memory, with the records of its events as text. */
export class GatewayBus extends MemoryBus {
  /** Payloads of all records, in the order of the log. */
  get records(): string[] {
    return this.events.filter(({ type }) => type.endsWith(".records")).flatMap(payloads);
  }
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
export async function startGateway<B extends Bus = GatewayBus>(
  listeners: readonly ListenerInput[],
  options: { bus?: B; creditBytes?: string; clock?: Clock } = {},
): Promise<RunningGateway & { bus: B }> {
  const bus = options.bus ?? (new GatewayBus() as unknown as B);
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
