/** Everything that this test process started and that must not outlive it. */
const endings = new Set<() => void>();
let isHooked = false;

function endAll(): void {
  for (const end of endings) {
    try {
      end();
    } catch {
      // Already gone; the others still have to go.
    }
  }
  endings.clear();
}

/**
 * Calls `end` (synchronous) when this process ends, also when a runner ends it by SIGTERM. What SIGKILL leaves behind
 * is dealt with by `commandThatDiesWithUs`. Dispose when the thing is gone.
 */
export function atProcessEnd(end: () => void): Disposable {
  if (!isHooked) {
    isHooked = true;
    process.once("exit", endAll);
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.once(signal, () => {
        endAll();
        process.kill(process.pid, signal);
      });
    }
  }
  endings.add(end);
  return { [Symbol.dispose]: () => void endings.delete(end) };
}
