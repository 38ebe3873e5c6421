import type { Counter, Gauge, Histogram, Labels, Meter, MetricOptions } from "../src/mod.ts";

/** Keeps every value in memory by name and labels. */
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
