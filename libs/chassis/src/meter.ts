import {
  type Counter,
  FairleadError,
  type Gauge,
  type Histogram,
  type Logger,
  type Meter,
  type MetricOptions,
  toError,
} from "@fairlead/core";
import * as prom from "prom-client";

export interface MeterOptions {
  /** The logger is told of a callback that fails at a scrape. The scrape goes on without that callback. */
  readonly logger: Logger;
  /** Adds metrics of CPU, memory, event loop and garbage collection of the process. Default true. */
  readonly processMetrics?: boolean;
}

/** A metric that was made, with a value or without one. */
export interface RegisteredMetric {
  readonly name: string;
  readonly kind: Kind;
  readonly help: string;
  readonly labels: readonly string[];
}

/** A Meter whose values can be scraped. */
export interface ScrapedMeter extends Meter {
  /** The Prometheus text format. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** All metrics that were made by this meter, in order. The metrics of the process are not among them. */
  readonly registered: readonly RegisteredMetric[];
}

type Kind = "counter" | "gauge" | "histogram";

export function createMeter(options: MeterOptions): ScrapedMeter {
  const registry = new prom.Registry();
  const known = new Map<string, RegisteredMetric & { metric: Counter | Gauge | Histogram }>();
  const collectors = new Set<() => void | Promise<void>>();
  if (options.processMetrics ?? true) prom.collectDefaultMetrics({ register: registry });

  function once<T extends Counter | Gauge | Histogram>(kind: Kind, asked: MetricOptions, make: () => T): T {
    const { name, help, labels = [] } = asked;
    const found = known.get(name);
    if (found === undefined) {
      const metric = make();
      known.set(name, { name, kind, help, labels, metric });
      return metric;
    }
    const [had, wanted] = [found.labels, labels].map((names) => [...names].sort().join(","));
    if (found.kind !== kind || had !== wanted) {
      throw new FairleadError(
        "METRIC_MISMATCH",
        `Cannot make ${kind} ${name}{${wanted}}: it is a ${found.kind} with {${had}} already`,
      );
    }
    return found.metric as T;
  }

  const settings = ({ name, help, labels = [] }: MetricOptions) => ({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  });

  async function collect(): Promise<void> {
    for (const callback of collectors) {
      try {
        await callback();
      } catch (error) {
        options.logger.warn({ err: toError(error) }, "cannot collect metrics");
      }
    }
  }

  return {
    counter: (asked) =>
      once("counter", asked, () => {
        const counter = new prom.Counter(settings(asked));
        return {
          increment: (amount = 1, labels) => (labels ? counter.inc(labels, amount) : counter.inc(amount)),
        };
      }),
    gauge: (asked) =>
      once("gauge", asked, () => {
        const gauge = new prom.Gauge(settings(asked));
        return { set: (value, labels) => (labels ? gauge.set(labels, value) : gauge.set(value)) };
      }),
    histogram: (asked) =>
      once("histogram", asked, () => {
        const histogram = new prom.Histogram({ ...settings(asked), buckets: [...asked.buckets] });
        return {
          observe: (value, labels) => (labels ? histogram.observe(labels, value) : histogram.observe(value)),
        };
      }),
    onScrape: (callback) => {
      collectors.add(callback);
      return { [Symbol.dispose]: () => void collectors.delete(callback) };
    },
    get registered() {
      return [...known.values()].map(({ metric: _, ...one }) => one);
    },
    async render() {
      await collect();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
