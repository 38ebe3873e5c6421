import { isLoopback, openTokens } from "@fairlead/chassis";
import { silentLogger, toError } from "@fairlead/core";
import type { EngineConfig } from "@fairlead/engine";
import type { Finding } from "./finding.ts";

/** Whether the HTTP API may be served as it is configured: a public address needs tokens, and they must be readable. */
export async function checkAccess({ host, tokensFile }: EngineConfig["http"]): Promise<Finding[]> {
  const subject = "access to the HTTP API";
  if (tokensFile !== undefined) {
    try {
      await openTokens(tokensFile, { logger: silentLogger });
      return [{ subject, status: "ok", words: `by the tokens of ${tokensFile}` }];
    } catch (error) {
      const advice = "correct the file; `fairlead token create` makes entries for it";
      return [{ subject, status: "fault", words: toError(error).message, advice }];
    }
  }
  if (isLoopback(host))
    return [{ subject, status: "ok", words: "open to everybody on this machine, and to nobody else" }];
  return [
    {
      subject,
      status: "fault",
      words: `${host} is not a loopback address, and there are no tokens: it will not start`,
      advice:
        "set FAIRLEAD_TOKENS_FILE (`fairlead token create` makes entries for it), or listen on 127.0.0.1",
    },
  ];
}
