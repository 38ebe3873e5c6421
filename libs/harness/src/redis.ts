import { findBinary } from "./binaries.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./directory.ts";
import { freePort } from "./port.ts";
import { type StartedProcess, startProcess } from "./process.ts";
import { RawClient } from "./raw-client.ts";
import { ServerProcess, type TestServer } from "./server-process.ts";

interface StartRedisOptions {
  /** Lines of redis.conf as arguments, without dashes: [["requirepass", "secret"]]. */
  settings?: readonly (readonly [string, ...string[]])[];
  /** Listen with TLS on `port` (and with plain TCP nowhere). Paths of PEM files. */
  tls?: { certificate: string; key: string };
}

export interface TestRedis extends TestServer {
  /** Sends one inline command over a connection of its own, "FLUSHALL"; resolves with the first line of the reply. */
  command(line: string): Promise<string>;
}

/** Why `startRedis` cannot work here, for `skipOrFail`; undefined when it can. */
export function redisMissing(): string | undefined {
  return findBinary("redis-server") === undefined ? "no redis-server" : undefined;
}

class Redis extends ServerProcess implements TestRedis {
  readonly port: number;
  readonly url: string;
  readonly #directory: TemporaryDirectory;
  readonly #options: StartRedisOptions;

  constructor(port: number, directory: TemporaryDirectory, options: StartRedisOptions) {
    super();
    this.port = port;
    this.url = `${options.tls ? "rediss" : "redis"}://${this.host}:${port}`;
    this.#directory = directory;
    this.#options = options;
  }

  protected override async launch(): Promise<StartedProcess> {
    const { tls, settings = [] } = this.#options;
    const listen = tls
      ? ["--port", "0", "--tls-port", `${this.port}`, "--tls-auth-clients", "no"].concat([
          "--tls-cert-file",
          tls.certificate,
          "--tls-key-file",
          tls.key,
        ])
      : ["--port", `${this.port}`];
    // The append-only file reaches the kernel before the reply goes out: what was answered survives a kill -9. With
    // "everysec" Redis puts its write off while a sync of a busy disk takes its time.
    const data = ["--dir", this.#directory.path, "--appendonly", "yes", "--appendfsync", "no", "--save", ""];
    const further = settings.flatMap(([name, ...values]) => [`--${name}`, ...values]);
    const [first, ...args] = [...listen, "--bind", this.host, ...data, ...further];
    const server = await startProcess(first!, {
      command: findBinary("redis-server") ?? "redis-server",
      args,
    });
    await server.waitForLine("Ready to accept connections");
    return server;
  }

  async command(line: string): Promise<string> {
    await using client = await RawClient.dial(this.port);
    await client.send(`${line}\r\n`);
    return (await client.readLine()).trimEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#directory[Symbol.asyncDispose]();
  }
}

/** A Redis server of this machine's binary, on a free port of 127.0.0.1, with a data directory of its own. */
export async function startRedis(options: StartRedisOptions = {}): Promise<TestRedis> {
  for (let attempt = 1; ; attempt++) {
    const redis = new Redis(await freePort(), await temporaryDirectory(), options);
    try {
      await redis.start();
      return redis;
    } catch (error) {
      await redis[Symbol.asyncDispose]();
      // Another test may have taken the port in the meantime.
      if (attempt === 3 || !String(error).includes("already in use")) throw error;
    }
  }
}
