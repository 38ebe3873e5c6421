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

const silentMetric = { increment() {}, set() {}, observe() {} };

export const silentMeter: Meter = {
  counter: () => silentMetric,
  gauge: () => silentMetric,
  histogram: () => silentMetric,
  onScrape: () => ({ [Symbol.dispose]() {} }),
};
