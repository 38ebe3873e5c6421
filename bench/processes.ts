/** Child processes of a measurement: the real Fairlead, the load and the peers, each its own process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { configWithoutListeners } from "@fairlead/engine/testing";
import { services } from "@fairlead/standalone";

const here = import.meta.dirname;
const flags = ["--disable-warning=ExperimentalWarning"];

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** A program of this folder as a child that speaks JSON lines on its standard output. */
export class Program implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(file: string, args: readonly (string | number)[]) {
    this.child = spawn(process.execPath, [...flags, join(here, file), ...args.map(String)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** The next line, parsed. @throws {Error} when the program ended instead */
  async next<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`Cannot measure: ${this.child.spawnargs.at(2)} ended early`);
    return JSON.parse(value) as T;
  }

  tell(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGTERM");
    await once(this.child, "exit");
  }
}

export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** `fairlead up` with a configuration of its own, in a directory of its own. */
export class Fairlead implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly url: string;
  /** From the spawn to the first ready answer, in milliseconds. */
  readonly startMs: number;

  private constructor(child: ChildProcess, directory: string, url: string, startMs: number) {
    this.#child = child;
    this.#directory = directory;
    this.url = url;
    this.startMs = startMs;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The folder of the run; the data are in `data` below it. Beside this checkout, because /tmp may be memory. */
  static async start(config: object): Promise<Fairlead> {
    const runs = join(here, "..", ".fairlead");
    await mkdir(runs, { recursive: true });
    const directory = await mkdtemp(join(runs, "bench-"));
    const port = await freePort();
    const file = join(directory, "fairlead.yaml");
    await writeFile(file, JSON.stringify({ ...config, http: { port } }));
    const cli = join(here, "..", "services", "standalone", "bin", "fairlead.mjs");
    const startedAt = performance.now();
    // By its first line, as a shell starts it.
    const child = spawn(cli, ["up"], {
      env: {
        ...process.env,
        FAIRLEAD_CONFIG: file,
        FAIRLEAD_DATA_DIR: join(directory, "data"),
        FAIRLEAD_LOG_LEVEL: "error",
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      said = (said + chunk).slice(-4_096);
    });
    const url = `http://127.0.0.1:${port}`;
    for (;;) {
      if (child.exitCode !== null)
        throw new Error(`Cannot measure: fairlead up ended with ${child.exitCode}: ${said}`);
      const reply = await fetch(`${url}/readyz`).catch(() => undefined);
      if (reply?.status === 200) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return new Fairlead(child, directory, url, performance.now() - startedAt);
  }

  /** The value of a metric, of the first where there are several by labels. @throws when there is none of this name */
  async metric(name: string): Promise<number> {
    const line = new RegExp(`^${name}(?:\\{[^}]*\\})? ([0-9.e+-]+)`, "m").exec(await this.text("/metrics"));
    if (line === null) throw new Error(`Cannot measure: there is no metric ${name}`);
    return Number(line[1]);
  }

  /** Until nothing is degraded: the broker is there and the spool is empty. */
  async untilWell(): Promise<void> {
    for (;;) {
      if ((await this.text("/readyz")).startsWith("ok")) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** @throws when events go through the spool: then it is the spool that was measured, not the broker */
  async checkDirect(): Promise<void> {
    if ((await this.metric("fairlead_bus_direct")) !== 1)
      throw new Error("Cannot measure: events do not go straight to RabbitMQ");
  }

  get dataDirectory(): string {
    return join(this.#directory, "data");
  }

  /** A TCP gateway alone, on RabbitMQ, once it is connected. `port` is its listener's. */
  static async startOnRabbit(
    url: string,
    inbox: readonly string[],
  ): Promise<{ fairlead: Fairlead; port: number }> {
    const port = await freePort();
    const fairlead = await Fairlead.start({
      ...configWithoutListeners(services),
      bus: { amqp: { url }, inbox },
      "tcp-gateway": { listeners: [{ name: "lines", port }] },
    });
    await fairlead.untilWell();
    return { fairlead, port };
  }

  async text(path: string): Promise<string> {
    return (await fetch(this.url + path)).text();
  }

  async get<T>(path: string): Promise<T> {
    return JSON.parse(await this.text(path)) as T;
  }

  /** Stops the process and keeps its data for a look. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGTERM");
    await once(this.#child, "exit");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
