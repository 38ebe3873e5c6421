import type { CloudEvent } from "@fairlead/contracts";
import type { Bus, LoggedEvent, TailOptions } from "../bus.ts";

/** The limits that the cases count on. */
export const contractLimits = {
  maxEventBytes: 1 << 20,
  maxPendingBytes: 4 << 20,
  maxPendingEvents: 5_000,
} as const;

export interface BusUnderTest extends AsyncDisposable {
  readonly bus: Bus;
  /** Disposes the bus and opens it again on the same store. */
  reopen(): Promise<Bus>;
}

export type OpenBusUnderTest = () => Promise<BusUnderTest>;

export function eventOf(id: string | number, changes: Partial<CloudEvent> = {}): CloudEvent {
  return {
    id: String(id),
    source: "/test/1/main",
    type: "dev.fairlead.tcp.records",
    time: "2026-01-02T03:04:05.678Z",
    datacontenttype: "application/vnd.fairlead.lines",
    data: Buffer.from(`event ${id}\n`),
    extensions: {},
    ...changes,
  };
}

/** As assert compares: attributes as they are, data as plain bytes. */
export const plain = (event: CloudEvent) => ({ ...event, data: Buffer.from(event.data).toString("hex") });

export const idsOf = (logged: readonly LoggedEvent[]) => logged.map(({ event }) => event.id);

/** All that a tail gives until it ends, or the first `count`. */
export async function collect(bus: Bus, options: TailOptions, count = Number.POSITIVE_INFINITY) {
  const logged: LoggedEvent[] = [];
  if (count === 0) return logged;
  for await (const one of bus.tail(options)) if (logged.push(one) >= count) break;
  return logged;
}

export const history = { after: 0, follow: false } as const;

export const range = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => String(first + index));
