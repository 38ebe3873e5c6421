import { FairleadError } from "@fairlead/core";

/** One fault of a configuration. */
export interface ConfigIssue {
  /** "tcp-gateway.listeners[1].port"; "" for the file as a whole. */
  readonly path: string;
  /** What is wrong and what is allowed: "is 70000, must be a port number from 0 to 65535". Never holds a secret. */
  readonly message: string;
  /** Counting from 1, where the place in the file is known. */
  readonly line?: number;
  readonly column?: number;
  /** The environment variable that the value came from. Undefined for a value of the file. */
  readonly variable?: string;
}

/** CONFIG_INVALID: every fault of a configuration at once. CONFIG_UNREADABLE: the file cannot be read. */
export class ConfigError extends FairleadError {
  declare readonly code: "CONFIG_INVALID" | "CONFIG_UNREADABLE";
  readonly issues: readonly ConfigIssue[];

  constructor(
    code: "CONFIG_INVALID" | "CONFIG_UNREADABLE",
    source: string,
    issues: readonly ConfigIssue[],
    cause?: unknown,
  ) {
    super(code, describe(source, issues), { data: { source }, ...(cause === undefined ? {} : { cause }) });
    this.issues = issues;
  }
}

function describe(source: string, issues: readonly ConfigIssue[]): string {
  const lines = issues.map((issue) => {
    const place = issue.line === undefined ? "" : `line ${issue.line}, column ${issue.column}: `;
    const from = issue.variable === undefined ? "" : `${issue.variable}: `;
    const subject = issue.path === "" ? "" : `${issue.path} `;
    return `  ${from || place}${subject}${issue.message}`;
  });
  return `Cannot use ${source}: ${issues.length} ${issues.length === 1 ? "error" : "errors"}\n${lines.join("\n")}`;
}

/** ["tcp-gateway", "listeners", 1, "port"] -> "tcp-gateway.listeners[1].port" */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      const text = String(step);
      const shown = /^[\w-]+$/.test(text) ? text : JSON.stringify(text);
      return index === 0 ? shown : `.${shown}`;
    })
    .join("");
}
