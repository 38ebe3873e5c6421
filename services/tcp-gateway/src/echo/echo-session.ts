import type { Connection } from "@fairlead/socket";
import type { Ending, Session } from "./session.ts";

/** What the connections of one echo listener share. */
export interface EchoListener {
  readonly banner: string | undefined;
  /** Told when a session is done. */
  onDone(session: Session): void;
}

/**
 * Gives every byte back as it came. At most one chunk is held: the next one is read when the peer has taken the last.
 * A half-close of the peer is answered with ours after the last byte.
 */
export class EchoSession implements Session {
  readonly connection: Connection;
  readonly records = 0;
  readonly pendingRecords = 0;
  readonly rejected = undefined;
  readonly #listener: EchoListener;
  #ending: Ending | undefined;

  constructor(connection: Connection, listener: EchoListener) {
    this.connection = connection;
    this.#listener = listener;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  async run(): Promise<void> {
    const { connection } = this;
    try {
      if (this.#listener.banner) await connection.send(this.#listener.banner);
      for (let chunk = await connection.read(); chunk; chunk = await connection.read()) {
        await connection.send(chunk);
      }
    } catch {
      // Reset, or over a limit: nobody is left to give the bytes to, and `closed` says which it was.
    }
    this.#listener.onDone(this);
  }

  stop(ending: Ending): void {
    this.#ending ??= ending;
    this.connection.stopReading();
  }
}
