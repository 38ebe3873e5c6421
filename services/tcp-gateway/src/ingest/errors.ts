import { BusError } from "@fairlead/bus";
import { FairleadError } from "@fairlead/core";
import type { Ending } from "@fairlead/ingress";
import { FramingError } from "@fairlead/socket";

/** The ending of a connection after this error, with the code and the text of the ERR line. */
export function toEnding(error: Error): Ending {
  if (error instanceof FramingError) return { code: error.code, text: error.message, reason: "framing" };
  if (error instanceof BusError) return { code: error.code, text: error.message, reason: "publish-failed" };
  // An error of ours, such as a record that its container cannot hold: the code is stable, the text is for people.
  if (error instanceof FairleadError) return { code: error.code, text: error.message, reason: "error" };
  // The text of a foreign error may name things that clients must not see.
  return { code: "INTERNAL", text: "the service failed; see its log", reason: "error" };
}
