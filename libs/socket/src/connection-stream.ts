import { Duplex } from "node:stream";
import type { Connection } from "./connection.ts";
import type { Receiver } from "./receiver.ts";

/**
 * A connection as a Node stream: half-open like the connection. The limits and counters of the connection stay in force.
 * Destroying the stream closes the connection.
 *
 * @throws {SocketError} ALREADY_READING
 */
export function connectionStream(connection: Connection, receiver: Receiver): Duplex {
  receiver.lock();
  return new Duplex({
    allowHalfOpen: true,
    read() {
      const give = () => this.push(receiver.inbox.take(receiver.maxChunkBytes));
      if (receiver.inbox.length > 0) give();
      else {
        receiver.more().then(
          (hasMore) => (hasMore ? give() : this.push(null)),
          (error: Error) => this.destroy(error),
        );
      }
    },
    write(chunk: Buffer, _encoding, done) {
      connection.send(chunk).then(() => done(), done);
    },
    final(done) {
      connection.end().then(() => done(), done);
    },
    destroy(error, done) {
      connection.close(error ? "error" : "local");
      done(error);
    },
  });
}
