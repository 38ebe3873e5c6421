/** The peer of `udp-ingest`: a bare dgram handler that only counts. Prints { port }; a line on its input: { received }. */
import { createSocket } from "node:dgram";

let received = 0;
const socket = createSocket({ type: "udp4", recvBufferSize: 8 * 2 ** 20 });
socket.on("message", () => {
  received++;
});
socket.bind(0, "127.0.0.1", () => console.log(JSON.stringify({ port: socket.address().port })));
process.stdin.on("data", () => console.log(JSON.stringify({ received }))).on("end", () => socket.close());
