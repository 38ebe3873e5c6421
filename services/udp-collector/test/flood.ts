/** A process that sends `count` numbered datagrams to a port as fast as it is told, then says how many. For ledger.test.ts. */
import { createSocket } from "node:dgram";

const [port = 0, count = 0, ratePerSecond = 0] = process.argv.slice(2).map(Number);
const socket = createSocket("udp4");
await new Promise<void>((resolve) => socket.connect(port, "127.0.0.1", resolve));

const startMs = performance.now();
let sent = 0;
while (sent < count) {
  const due = Math.min(count, Math.ceil(((performance.now() - startMs) / 1_000) * ratePerSecond), sent + 256);
  const sends: Promise<void>[] = [];
  for (; sent < due; sent++) {
    const payload = Buffer.alloc(100);
    payload.writeUInt32BE(sent);
    sends.push(
      new Promise((resolve, reject) => {
        socket.send(payload, (error) => (error ? reject(error) : resolve()));
      }),
    );
  }
  await Promise.all(sends);
  await new Promise((resolve) => setImmediate(resolve));
}
process.stdout.write(`${JSON.stringify({ sent, seconds: (performance.now() - startMs) / 1_000 })}\n`);
socket.close();
