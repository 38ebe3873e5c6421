import type { Connection } from "@fairlead/socket";

/** Why this side ends a connection. */
export interface Ending {
  /** For the client, where its protocol can say it: stable, programs branch on it. */
  readonly code: string;
  readonly text: string;
  /** For tcp.closed and the metrics: in kebab-case, from a closed list. */
  readonly reason: string;
}

export const drainEnding: Ending = {
  code: "DRAINING",
  text: "this instance is stopping; send what is not acknowledged to another",
  reason: "drain",
};

export const operatorEnding: Ending = { code: "CLOSED", text: "closed by an operator", reason: "local" };

/**
 * One connection from its beginning to its end. Ten thousand sessions may be idle: every field, closure and waiting async
 * function of a session is paid that often.
 */
export interface Session {
  readonly connection: Connection;
  /** Set when this side ends the connection. */
  readonly ending: Ending | undefined;
  /** For a session of records: how many are durable, without a gap. */
  readonly records?: number;
  /** For a session of records: how many were received and did not become durable, by reason. */
  readonly rejected?: Readonly<Record<string, number>> | undefined;
  /** Resolves when everything that was taken from the connection is decided and answered; then the edge ends the connection. */
  run(): Promise<void>;
  /** Takes nothing more, finishes what was taken, says why, ends. Returns at once; only the first call counts. */
  stop(ending: Ending): void;
}
