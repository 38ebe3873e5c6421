/**
 * Sends lines on several connections as fast as they are taken and waits for the cumulative acks.
 * Arguments: port, connections, lines per connection, bytes per line (LF counted). Prints { seconds }.
 */
import { connect } from "node:net";

const [port, connections, linesEach, lineBytes] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
];
const linesPerWrite = Math.floor(65_536 / lineBytes);
const block = Buffer.from(`${"x".repeat(lineBytes - 1)}\n`.repeat(linesPerWrite));

/** One connection from its first byte to its last ack. */
function drive(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let left = linesEach;
    const write = () => {
      while (left > 0) {
        const lines = Math.min(left, linesPerWrite);
        left -= lines;
        if (!socket.write(lines === linesPerWrite ? block : block.subarray(0, lines * lineBytes))) return;
      }
    };
    let text = "";
    socket.on("connect", write).on("drain", write).on("error", reject);
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      const complete = (text + chunk).split("\n");
      text = complete.pop()!;
      const last = complete.at(-1);
      if (last === undefined) return;
      if (!last.startsWith("OK ")) reject(new Error(`server said ${last}`));
      if (Number(last.slice(3)) === linesEach) {
        socket.end();
        resolve();
      }
    });
  });
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: connections }, drive));
console.log(JSON.stringify({ seconds: (performance.now() - startedAt) / 1_000 }));
