/** Structured logging as every library takes a logger. The chassis implements this interface with pino. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** @param amount at least 0; default 1 */
  increment(amount?: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

export interface MetricOptions {
  /** `fairlead_<service>_<thing>_<unit>[_total]`, in base units (docs/explanation/conventions.md, Words). */
  name: string;
  help: string;
  /** Every label that will be used. A label has few values: no ids, no addresses. */
  labels?: readonly string[];
}

/** Makes metrics. The same name gives the same metric again. The chassis implements this interface with prom-client. */
export interface Meter {
  counter(options: MetricOptions): Counter;
  gauge(options: MetricOptions): Gauge;
  histogram(options: MetricOptions & { buckets: readonly number[] }): Histogram;
  /** Calls back at every scrape, before the values are read: for a value that is cheaper to ask for than to follow. */
  onScrape(collect: () => void | Promise<void>): Disposable;
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

/** Keeps every value in memory by name and labels. For tests and for programs that show no metrics. */
export class MemoryMeter implements Meter {
  readonly #values = new Map<string, number>();
  readonly #collectors = new Set<() => void | Promise<void>>();

  static #key(name: string, labels: Labels = {}): string {
    const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
    return `${name}{${pairs.map(([label, value]) => `${label}=${value}`).join(",")}}`;
  }

  /** The current value; 0 for a metric that was never set. The value of a histogram is the sum of all observations. */
  value(name: string, labels?: Labels): number {
    return this.#values.get(MemoryMeter.#key(name, labels)) ?? 0;
  }

  #add(name: string, amount: number, labels?: Labels): void {
    const key = MemoryMeter.#key(name, labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  counter(options: MetricOptions): Counter {
    return { increment: (amount = 1, labels) => this.#add(options.name, amount, labels) };
  }

  gauge(options: MetricOptions): Gauge {
    return { set: (value, labels) => void this.#values.set(MemoryMeter.#key(options.name, labels), value) };
  }

  histogram(options: MetricOptions): Histogram {
    return { observe: (value, labels) => this.#add(options.name, value, labels) };
  }

  onScrape(collect: () => void | Promise<void>): Disposable {
    this.#collectors.add(collect);
    return { [Symbol.dispose]: () => void this.#collectors.delete(collect) };
  }

  async scrape(): Promise<void> {
    for (const collect of this.#collectors) await collect();
  }
}
