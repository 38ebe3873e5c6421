import { openTokens } from "@fairlead/chassis";
import { silentLogger, toError } from "@fairlead/core";
import type { EngineConfig } from "@fairlead/engine";
import { type Finding, fault, ok } from "./finding.ts";

/** Checks that the tokens file can be read. Without such a file the address is loopback, or the configuration is refused. */
export async function checkAccess({ tokensFile }: EngineConfig["http"]): Promise<Finding[]> {
  const subject = "access to the HTTP API";
  if (tokensFile !== undefined) {
    try {
      await openTokens(tokensFile, { logger: silentLogger });
      return [ok(subject, `by the tokens of ${tokensFile}`)];
    } catch (error) {
      const advice = "correct the file; `fairlead token create` makes entries for it";
      return [fault(subject, toError(error).message, advice)];
    }
  }
  return [ok(subject, "open to everybody on this machine, and to nobody else")];
}
