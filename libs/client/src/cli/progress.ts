import type { Terminal } from "./terminal.ts";

/** Shows progress on a terminal. */
export interface Progress {
  update(done: number, words: string): void;
  stop(): void;
}

const none: Progress = { update() {}, stop() {} };

/**
 * A bar on standard error after one second. Nothing is shown where standard error is no terminal. @param total in the unit of
 * `update`
 */
export async function showProgress(terminal: Terminal, total: number): Promise<Progress> {
  if (terminal.stderr.isTTY !== true || total <= 0) return none;
  const { default: progress } = await import("cli-progress");
  const bar = new progress.SingleBar(
    {
      format: "  {bar} {percentage}%  {words}",
      stream: terminal.stderr,
      clearOnComplete: true,
      hideCursor: true,
      etaBuffer: 50,
    },
    progress.Presets.shades_classic,
  );
  const startedAt = performance.now();
  let isShown = false;
  return {
    update: (done, words) => {
      if (!isShown && performance.now() - startedAt > 1_000) {
        isShown = true;
        bar.start(total, done, { words });
      }
      if (isShown) bar.update(Math.min(done, total), { words });
    },
    stop: () => {
      if (isShown) bar.stop();
    },
  };
}
