import { type HttpOptions, request } from "@fairlead/client";
import { errorCode, toError } from "@fairlead/core";
import { type Finding, fault } from "./finding.ts";

const statuses: Readonly<Record<string, Finding["status"]>> = {
  ok: "ok",
  degraded: "warning",
  failed: "fault",
};

/**
 * Asks the running Fairlead how its parts are (`/readyz?verbose`). No answer is no fault: Fairlead may not have been started yet.
 */
export async function checkRunning(http: HttpOptions): Promise<{ isRunning: boolean; findings: Finding[] }> {
  const subject = `running Fairlead at ${http.url}`;
  try {
    const response = await request({ ...http, timeoutMs: 3_000 }, "/readyz?verbose", {
      headers: { accept: "text/plain" },
      accept: [503],
    });
    const findings = parseReadiness(await response.text(), subject);
    if (findings.length > 0) return { isRunning: true, findings };
    const words = "something answers there that is not Fairlead";
    return { isRunning: false, findings: [fault(subject, words, "choose another http.port")] };
  } catch (error) {
    const isAbsent = errorCode(error) === "UNREACHABLE";
    const words = isAbsent ? "it is not running, or listens elsewhere" : toError(error).message;
    return { isRunning: false, findings: [{ subject, status: isAbsent ? "ok" : "fault", words }] };
  }
}

/** "degraded\nbus degraded\n  the disk is nearly full\nstate ok\n" -> a finding for each part. */
export function parseReadiness(text: string, subject: string): Finding[] {
  const [overall = "", ...lines] = text.split("\n");
  const status = statuses[overall];
  if (status === undefined) return [];
  const parts: { name: string; status: Finding["status"]; problems: string[] }[] = [];
  for (const line of lines) {
    const problem = /^ {2}(.+)$/.exec(line)?.[1];
    const part = /^(\S+) (\w+)$/.exec(line);
    if (problem !== undefined) parts.at(-1)?.problems.push(problem);
    else if (part)
      parts.push({ name: part[1] ?? "", status: statuses[part[2] ?? ""] ?? "fault", problems: [] });
  }
  const bad = parts.filter(({ status }) => status !== "ok");
  if (status === "ok") return [{ subject, status, words: "ready" }];
  // Where tokens are configured the parts are not shown to everybody.
  if (bad.length === 0)
    return [{ subject, status, words: overall, advice: "give a token with metrics:read to see why" }];
  return bad.map(({ name, status, problems }) => ({
    subject: `${subject}, ${name}`,
    status,
    words: problems.join("\n") || (status === "fault" ? "failed" : "degraded"),
  }));
}
