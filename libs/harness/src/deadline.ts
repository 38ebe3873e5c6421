/**
 * A hang becomes a failure after this long. This is a guard, not a limit on speed: nothing is slow on purpose, and a test beside
 * busy processes may take minutes for what takes seconds alone.
 */
export const hangTimeoutMs = 300_000;

const tickMs = 1_000;

/**
 * Rings when this process has run for so long. A stretch in which the process stood still, as after SIGSTOP, counts as one tick:
 * what it waited for may be there, unseen.
 */
function alarm(ms: number, ring: () => void): Disposable {
  let leftMs = ms;
  let timer: NodeJS.Timeout;
  const wait = () => {
    const nextMs = Math.min(leftMs, tickMs);
    timer = setTimeout(() => {
      leftMs -= nextMs;
      if (leftMs <= 0) ring();
      else wait();
    }, nextMs);
  };
  wait();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** The promise's outcome, or an error that says what was waited for. */
export async function within<T>(
  promise: Promise<T>,
  what: string | (() => string),
  timeoutMs = hangTimeoutMs,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  using _alarm = alarm(timeoutMs, () => {
    const said = typeof what === "string" ? what : what();
    reject(new Error(`Cannot wait any longer: ${timeoutMs} ms without ${said}`));
  });
  return await Promise.race([promise, late]);
}

/** Asks `isTrue` again and again until it says so. For what has no event to wait for, such as another process. */
export async function eventually(
  isTrue: () => boolean | Promise<boolean>,
  what: string | (() => string),
  timeoutMs = hangTimeoutMs,
): Promise<void> {
  let isOver = false;
  const asking = async () => {
    while (!isOver && !(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  try {
    await within(asking(), what, timeoutMs);
  } finally {
    isOver = true;
  }
}
