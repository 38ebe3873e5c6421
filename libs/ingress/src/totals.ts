import type { Counter, Labels } from "@fairlead/core";

/**
 * Brings a counter to a total that is counted elsewhere: plain numbers while bytes flow, metrics at a scrape. The counter
 * stands at 0 from now on, so that the first of its kind is seen as one.
 *
 * @returns takes the total; a smaller one than before changes nothing
 */
export function followTotal(counter: Counter, labels: Labels): (total: number) => void {
  let shown = 0;
  counter.increment(0, labels);
  return (total) => {
    if (total <= shown) return;
    counter.increment(total - shown, labels);
    shown = total;
  };
}

/**
 * The same for totals by reason.
 *
 * @param reasons those that are known beforehand: they stand at 0 from now on
 */
export function followReasons(
  counter: Counter,
  labels: Labels,
  reasons: Iterable<string>,
): (reason: string, total: number) => void {
  const followed = new Map<string, (total: number) => void>();
  const follow = (reason: string) => {
    const one = followed.get(reason) ?? followTotal(counter, { ...labels, reason });
    followed.set(reason, one);
    return one;
  };
  for (const reason of reasons) follow(reason);
  return (reason, total) => follow(reason)(total);
}
