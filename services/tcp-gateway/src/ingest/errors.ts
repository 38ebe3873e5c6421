import { BusError, type BusErrorCode } from "@fairlead/bus";
import { ContractError } from "@fairlead/contracts";
import { FairleadError } from "@fairlead/core";
import type { Ending } from "@fairlead/ingress";
import { FramingError } from "@fairlead/socket";

/** The bus's own words name the file, its directory or the broker, which a client who has shown no token must not learn. */
const busWords: Readonly<Record<Exclude<BusErrorCode, "EVENT_TOO_LARGE" | "BUS_OVERLOADED">, string>> = {
  LOG_FULL: "the log is full; send again later",
  BUS_CLOSED: "the service is stopping; send again later",
  BUS_FAILED: "the service cannot make records durable now; send again later",
  LOG_IN_USE: "the service cannot make records durable now",
  LOG_TOO_NEW: "the service cannot make records durable now",
};

const internal = "the service failed; see its log";

/** The ending of a connection after this error, with the code and the text of the ERR line. */
export function toEnding(error: Error): Ending {
  if (error instanceof FramingError) return { code: error.code, text: error.message, reason: "framing" };
  if (error instanceof BusError) {
    const { code, message } = error;
    const text = code === "EVENT_TOO_LARGE" || code === "BUS_OVERLOADED" ? message : busWords[code];
    return { code, text, reason: "publish-failed" };
  }
  // A record that its container cannot hold.
  if (error instanceof ContractError) return { code: error.code, text: error.message, reason: "error" };
  // The text of any other error may name things that clients must not see.
  const code = error instanceof FairleadError ? error.code : "INTERNAL";
  return { code, text: internal, reason: "error" };
}
