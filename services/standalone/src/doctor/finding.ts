/** The result of one check. */
export interface Finding {
  /** "data directory", "tcp 127.0.0.1:7001 (tcp-gateway listener lines)": the thing that was checked. */
  readonly subject: string;
  /** `warning`: the thing works, not as well as it could. `fault`: the thing does not work, or would not start. */
  readonly status: "ok" | "warning" | "fault";
  /** The result in a sentence. */
  readonly words: string;
  /** What a person can do; a command where there is one. */
  readonly advice?: string;
}

export const ok = (subject: string, words: string): Finding => ({ subject, status: "ok", words });

const withAdvice =
  (status: Finding["status"]) =>
  (subject: string, words: string, advice: string): Finding => ({ subject, status, words, advice });

export const warning = withAdvice("warning");
export const fault = withAdvice("fault");

/** The worst of the findings. */
export function worstOf(findings: readonly Finding[]): Finding["status"] {
  const has = (status: Finding["status"]) => findings.some((finding) => finding.status === status);
  return has("fault") ? "fault" : has("warning") ? "warning" : "ok";
}

/** The findings as text for a person. The last line sums them up. */
export function describeFindings(findings: readonly Finding[]): string {
  const marks = { ok: "ok     ", warning: "warning", fault: "FAULT  " };
  const lines = findings.map(({ subject, status, words, advice }) => {
    const text = `${words}${advice === undefined ? "" : `\nTo do: ${advice}`}`;
    return `${marks[status]}  ${subject}: ${text.replaceAll("\n", "\n         ")}\n`;
  });
  return `${lines.join("")}\n${summary(findings)}\n`;
}

function summary(findings: readonly Finding[]): string {
  const count = (status: Finding["status"], word: string) => {
    const found = findings.filter((finding) => finding.status === status).length;
    return `${found} ${word}${found === 1 ? "" : "s"}`;
  };
  const worst = worstOf(findings);
  if (worst === "ok") return "All is well.";
  if (worst === "warning") return `Fairlead works; it could work better: ${count("warning", "warning")}.`;
  return `Fairlead does not work like this: ${count("fault", "fault")}, ${count("warning", "warning")}.`;
}
