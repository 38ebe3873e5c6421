import type { Clock, Logger } from "@fairlead/core";
import { QuietLog } from "@fairlead/ingress";

/** What becomes of the records of one listener, in the log; the ledger has the numbers. */
export class IngestEvents {
  readonly #log: QuietLog;

  constructor(listener: string, logger: Logger, clock: Clock) {
    this.#log = new QuietLog(logger.child({ listener }), clock);
  }

  /** Records could not be made durable; their clients are told. */
  failed(error: Error): void {
    this.#log.error("failed", { err: error }, "records rejected");
  }

  /** The bus refuses records that nobody would repeat: they are pending until it takes them. */
  held(error: Error): void {
    this.#log.warn("held", { err: error }, "records are kept until the bus takes them; nothing more is read");
  }
}
