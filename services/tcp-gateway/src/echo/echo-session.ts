import type { Ending, Session } from "@fairlead/ingress";
import type { Connection } from "@fairlead/socket";

/**
 * Gives every byte back as it came. At most one chunk is held: the next one is read when the peer has taken the last.
 * A half-close of the peer is answered with ours after the last byte.
 */
export class EchoSession implements Session {
  readonly connection: Connection;
  readonly #banner: string | undefined;
  #ending: Ending | undefined;

  constructor(connection: Connection, banner: string | undefined) {
    this.connection = connection;
    this.#banner = banner;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  async run(): Promise<void> {
    const { connection } = this;
    try {
      if (this.#banner) await connection.send(this.#banner);
      for (let chunk = await connection.read(); chunk; chunk = await connection.read()) {
        await connection.send(chunk);
      }
    } catch {
      // Reset, or over a limit: nobody is left to give the bytes to, and `closed` says which it was.
    }
  }

  stop(ending: Ending): void {
    this.#ending ??= ending;
    this.connection.stopReading();
  }
}
