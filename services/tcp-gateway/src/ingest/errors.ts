import { BusError } from "@fairlead/bus";
import { FairleadError } from "@fairlead/core";
import type { Ending } from "@fairlead/ingress";
import { FramingError } from "@fairlead/socket";

/** Why nothing more can be taken from a connection after this error, as its ERR line says it. */
export function toEnding(error: Error): Ending {
  if (error instanceof FramingError) return { code: error.code, text: error.message, reason: "framing" };
  if (error instanceof BusError) return { code: error.code, text: error.message, reason: "publish-failed" };
  // A record that its container cannot hold, and whatever else is ours: the code is stable, the text is for people.
  if (error instanceof FairleadError) return { code: error.code, text: error.message, reason: "error" };
  // Not ours: the text may name what is nobody's business outside.
  return { code: "INTERNAL", text: "the service failed; see its log", reason: "error" };
}
