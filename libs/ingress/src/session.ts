import type { CloseReason, Connection } from "@fairlead/socket";

/** Why this side ends a connection. */
export interface Ending {
  /** Stable; the code of the last ERR line. */
  readonly code: string;
  readonly text: string;
  /** As the event and the metrics name it. */
  readonly reason: CloseReason | "publish-failed";
}

export const drainEnding: Ending = {
  code: "DRAINING",
  text: "this instance is stopping; send what is not acknowledged to another",
  reason: "drain",
};

export const operatorEnding: Ending = { code: "CLOSED", text: "closed by an operator", reason: "local" };

/**
 * One connection from its beginning to its end; the listener ends the connection when `run` resolves. Ten thousand of
 * them may be idle: every field, closure and waiting async function here is paid that often.
 */
export interface Session {
  readonly connection: Connection;
  /** Records that are durable, without a gap. */
  readonly records: number;
  /** Records on their way to the bus. */
  readonly pendingRecords: number;
  /** Records that were received and did not become durable, by reason. */
  readonly rejected: Readonly<Record<string, number>> | undefined;
  /** Set when this side ends the connection. */
  readonly ending: Ending | undefined;
  /** Resolves, and never rejects, when everything that was taken from the connection is decided and answered. */
  run(): Promise<void>;
  /** Takes nothing more, finishes what was taken, says why, ends. Returns at once; only the first call counts. */
  stop(ending: Ending): void;
}
