/** What one check found. */
export interface Finding {
  /** "data directory", "port 7001/tcp": what was looked at. */
  readonly subject: string;
  /** `degraded`: it works, not as it should. `failed`: it does not work, or would not start. */
  readonly status: "ok" | "degraded" | "failed";
  /** What is so, in a sentence. */
  readonly words: string;
  /** What to do about it; a command where there is one. */
  readonly advice?: string;
}

/** The findings as a person reads them. */
export function describeFindings(findings: readonly Finding[]): string {
  const marks = { ok: "ok      ", degraded: "degraded", failed: "FAILED  " };
  return findings
    .map(({ subject, status, words, advice }) => {
      const text = `${words}${advice === undefined ? "" : `\nTo do: ${advice}`}`;
      return `${marks[status]}  ${subject}: ${text.replaceAll("\n", "\n          ")}\n`;
    })
    .join("");
}
