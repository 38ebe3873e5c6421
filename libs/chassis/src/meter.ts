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

/** The metrics of one process as plain JSON: what worker processes send to the one that is scraped. */
export type MetricsSnapshot = readonly object[];

export interface MeterOptions {
  /** Told of a callback that fails at a scrape; the scrape goes on without it. */
  readonly logger: Logger;
  /** CPU, memory, event loop and garbage collection of the process. Default true. */
  readonly processMetrics?: boolean;
}

/** A Meter whose values can be scraped, alone or together with those of other processes. */
export interface ScrapedMeter extends Meter {
  /** The Prometheus text format, with every source merged in: counters and histograms are added up. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
  exportMetrics(): Promise<MetricsSnapshot>;
  /** Asked at every scrape for another process's metrics; undefined when it has none to give. */
  addSource(source: () => Promise<MetricsSnapshot | undefined>): Disposable;
}

type Kind = "counter" | "gauge" | "histogram";

export function createMeter(options: MeterOptions): ScrapedMeter {
  const registry = new prom.Registry();
  const known = new Map<string, { kind: Kind; labels: string; metric: Counter | Gauge | Histogram }>();
  const collectors = new Set<() => void | Promise<void>>();
  const sources = new Set<() => Promise<MetricsSnapshot | undefined>>();
  if (options.processMetrics ?? true) prom.collectDefaultMetrics({ register: registry });

  function once<T extends Counter | Gauge | Histogram>(kind: Kind, asked: MetricOptions, make: () => T): T {
    const labels = [...(asked.labels ?? [])].sort().join(",");
    const found = known.get(asked.name);
    if (found === undefined) {
      const metric = make();
      known.set(asked.name, { kind, labels, metric });
      return metric;
    }
    if (found.kind !== kind || found.labels !== labels) {
      throw new FairleadError(
        "METRIC_MISMATCH",
        `Cannot make ${kind} ${asked.name}{${labels}}: it is a ${found.kind} with {${found.labels}} already`,
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

  async function exportMetrics(): Promise<MetricsSnapshot> {
    await collect();
    return registry.getMetricsAsJSON();
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
    addSource: (source) => {
      sources.add(source);
      return { [Symbol.dispose]: () => void sources.delete(source) };
    },
    exportMetrics,
    async render() {
      const contentType = registry.contentType;
      if (sources.size === 0) {
        await collect();
        return { contentType, text: await registry.metrics() };
      }
      const settled = await Promise.allSettled([exportMetrics(), ...[...sources].map((source) => source())]);
      const snapshots = settled.flatMap((one) =>
        one.status === "fulfilled" && one.value ? [one.value] : [],
      );
      for (const one of settled) {
        if (one.status === "rejected") {
          options.logger.warn({ err: toError(one.reason) }, "cannot merge the metrics of another process");
        }
      }
      return { contentType, text: await prom.AggregatorRegistry.aggregate([...snapshots]).metrics() };
    },
  };
}
