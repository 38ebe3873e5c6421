import { createServer } from "node:net";

/** Below the range that kernels give out by themselves (32768 on Linux, 49152 elsewhere). */
const lowestPort = 15_000;
const highestPort = 32_000;

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A TCP port of 127.0.0.1 on which nothing listens. For servers that cannot be asked for port 0; where port 0 works, use
 * it. The port lies outside of the range from which the kernel serves port 0 and outgoing connections, so that a
 * server that is killed and started again finds its port free.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort));
    if (await canListen(port)) return port;
  }
  throw new Error(`Cannot find a free port: 100 tries between ${lowestPort} and ${highestPort} failed`);
}
