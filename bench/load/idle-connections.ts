/** Opens connections and keeps them. Arguments: port, count. Prints { open } when all are; ends with its input. */
import { connect, type Socket } from "node:net";

const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const sockets: Socket[] = [];
while (sockets.length < count) {
  const batch = Array.from({ length: Math.min(100, count - sockets.length) }, () =>
    connect(port, "127.0.0.1"),
  );
  await Promise.all(
    batch.map(
      (socket) =>
        new Promise<void>((resolve, reject) => void socket.once("connect", resolve).once("error", reject)),
    ),
  );
  sockets.push(...batch);
}
console.log(JSON.stringify({ open: sockets.length }));
process.stdin
  .on("end", () => {
    for (const socket of sockets) socket.destroy();
  })
  .resume();
