/** Relative error of every quantile: the value given is within 1 % of one that was added. */
export const relativeError = 0.01;
/** Bins of a sketch at most. 1,024 bins of 1 % span nine orders of magnitude. */
export const maxBins = 1_024;

const gamma = (1 + relativeError) / (1 - relativeError);
const logGamma = Math.log(gamma);
/** A value that is nearer to zero than this counts as zero. */
const smallest = 1e-9;

/** Bins of growing width for magnitudes. The lowest are merged when there are too many: large values stay exact. */
class Bins {
  readonly counts = new Map<number, number>();
  #floor = Number.NEGATIVE_INFINITY;

  add(magnitude: number, weight: number): void {
    const index = Math.max(this.#floor, Math.ceil(Math.log(magnitude) / logGamma));
    this.counts.set(index, (this.counts.get(index) ?? 0) + weight);
    if (this.counts.size > maxBins) this.#merge();
  }

  /** An eighth at once, so that a stream of ever smaller values does not merge at every step. */
  #merge(): void {
    const indexes = this.sorted();
    this.#floor = indexes[maxBins / 8]!;
    let merged = 0;
    for (const index of indexes.slice(0, maxBins / 8)) {
      merged += this.counts.get(index)!;
      this.counts.delete(index);
    }
    this.counts.set(this.#floor, this.counts.get(this.#floor)! + merged);
  }

  sorted(): number[] {
    return [...this.counts.keys()].sort((a, b) => a - b);
  }
}

/**
 * Quantiles of a stream in bounded memory: DDSketch (Masson, Rim, Lee: "DDSketch", VLDB 2019). Each quantile is within
 * `relativeError` of a value that was added, as long as the magnitudes span no more than `maxBins` bins; beyond that the
 * error of the lowest quantiles grows. Count, sum, minimum and maximum are exact.
 */
export class Sketch {
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  #zeros = 0;
  readonly #positive = new Bins();
  readonly #negative = new Bins();

  /** Bins in use: the memory of the sketch follows from their number. */
  get bins(): number {
    return this.#positive.counts.size + this.#negative.counts.size;
  }

  /** @param weight how many events the value stands for, above 0 */
  add(value: number, weight: number): void {
    this.count += weight;
    this.sum += value * weight;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
    if (value > smallest) this.#positive.add(value, weight);
    else if (value < -smallest) this.#negative.add(-value, weight);
    else this.#zeros += weight;
  }

  /**
   * The smallest value that at least the share `q` of all does not exceed, 0 <= q <= 1: the nearest rank, ceil(q * n)
   * (Hyndman, Fan: "Sample Quantiles in Statistical Packages", 1996, definition 1), so that of a few values p99 is the
   * largest. NaN when nothing was added.
   */
  quantile(q: number): number {
    if (this.count === 0) return Number.NaN;
    // Weights make fractions of events (a sample rate of 0.3): ranks are compared with a tolerance for their sums.
    const rank = q * this.count * (1 - 1e-12);
    let below = 0;
    for (const index of this.#negative.sorted().reverse()) {
      below += this.#negative.counts.get(index)!;
      if (below > 0 && below >= rank) return this.#clamp(-middleOf(index));
    }
    below += this.#zeros;
    if (below > 0 && below >= rank) return this.#clamp(0);
    for (const index of this.#positive.sorted()) {
      below += this.#positive.counts.get(index)!;
      if (below > 0 && below >= rank) return this.#clamp(middleOf(index));
    }
    return this.max;
  }

  #clamp(value: number): number {
    return Math.min(this.max, Math.max(this.min, value));
  }
}

/** The value that is within the relative error of both ends of the bin. */
function middleOf(index: number): number {
  return (2 * gamma ** index) / (gamma + 1);
}
