/**
 * Sends datagrams at a steady rate, in bursts of a millisecond's worth. Arguments: port, rate per second, seconds, bytes.
 * Prints { sent, seconds }: `sent` is what the kernel took.
 */
import { createSocket } from "node:dgram";
import { setImmediate as turn } from "node:timers/promises";

const [port, rate, seconds, bytes] = process.argv.slice(2).map(Number) as [number, number, number, number];
const payload = Buffer.alloc(bytes, "x");
const socket = createSocket("udp4");
await new Promise<void>((resolve) => socket.connect(port, "127.0.0.1", resolve));
socket.setSendBufferSize(4 * 2 ** 20);

let sent = 0;
let failed = 0;
let inFlight = 0;
const done = (error: Error | null) => {
  inFlight--;
  if (error) failed++;
};

const total = Math.round(rate * seconds);
const startedAt = performance.now();
while (sent < total) {
  const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1_000) * rate));
  while (sent < due && inFlight < 1_000) {
    socket.send(payload, done);
    inFlight++;
    sent++;
  }
  await turn();
}
while (inFlight > 0) await turn();
console.log(JSON.stringify({ sent: sent - failed, seconds: (performance.now() - startedAt) / 1_000 }));
socket.close();
