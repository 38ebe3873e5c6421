/** A hang becomes a failure after this long. It is a guard, not a limit on speed: nothing is slow on purpose. */
export const hangTimeoutMs = 60_000;

/** The promise's outcome, or an error that says what was waited for. */
export async function within<T>(
  promise: Promise<T>,
  what: string | (() => string),
  timeoutMs = hangTimeoutMs,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const said = typeof what === "string" ? what : what();
      reject(new Error(`Cannot wait any longer: ${timeoutMs} ms without ${said}`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks `isTrue` again and again until it says so. For what has no event to wait for, such as another process. */
export async function eventually(
  isTrue: () => boolean | Promise<boolean>,
  what: string | (() => string),
  timeoutMs = hangTimeoutMs,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > end) {
      const said = typeof what === "string" ? what : what();
      throw new Error(`Cannot wait any longer: ${timeoutMs} ms without ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
