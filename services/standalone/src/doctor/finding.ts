/** What one check found. */
export interface Finding {
  /** "data directory", "tcp 127.0.0.1:7001 (tcp-gateway listener lines)": what was looked at. */
  readonly subject: string;
  /** `warning`: it works, not as well as it could. `fault`: it does not work, or would not start. */
  readonly status: "ok" | "warning" | "fault";
  /** What is so, in a sentence. */
  readonly words: string;
  /** What to do about it; a command where there is one. */
  readonly advice?: string;
}

/** The worst of the findings. */
export function worstOf(findings: readonly Finding[]): Finding["status"] {
  const has = (status: Finding["status"]) => findings.some((finding) => finding.status === status);
  return has("fault") ? "fault" : has("warning") ? "warning" : "ok";
}

/** The findings as a person reads them, with what they come to in the last line. */
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
