import type { Ending, Session } from "@fairlead/ingress";
import type { Connection } from "@fairlead/socket";

/**
 * Gives every byte back unchanged. The session holds at most one chunk: the next chunk is read when the peer has taken the
 * last. After the peer's half-close and the last byte, the edge ends the connection.
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
      // A reset or a limit: the peer is gone, and `closed` says why.
    }
  }

  stop(ending: Ending): void {
    this.#ending ??= ending;
    this.connection.stopReading();
  }
}
