import { FairleadError } from "@fairlead/core";

export type BusErrorCode = "LOG_FULL" | "EVENT_TOO_LARGE" | "BUS_OVERLOADED" | "BUS_CLOSED" | "BUS_FAILED" | "LOG_IN_USE";

/** The bus could not take or give an event. Nothing that raises this was accepted. */
export class BusError extends FairleadError {
  declare readonly code: BusErrorCode;
}
