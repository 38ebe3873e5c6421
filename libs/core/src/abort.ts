/**
 * Calls back once when the signal fires, and at once when the signal has fired already. Dispose to listen no longer: a signal that
 * lives for the whole process would keep every callback otherwise.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): Disposable {
  if (signal?.aborted) callback();
  else signal?.addEventListener("abort", callback, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener("abort", callback) };
}

/** What `work` gives, unless the signal fires first. The work itself goes on then. @throws the signal's reason */
export async function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const cut = Promise.withResolvers<never>();
  using _ = onAbort(signal, () => cut.reject(signal.reason));
  return await Promise.race([work, cut.promise]);
}
