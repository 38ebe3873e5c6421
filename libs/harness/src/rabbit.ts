import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { findBinary } from "./binaries.ts";
import { hangTimeoutMs } from "./deadline.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./directory.ts";
import { freePort } from "./port.ts";
import { type StartedProcess, startProcess } from "./process.ts";
import { ServerProcess, type TestServer } from "./server-process.ts";

const run = promisify(execFile);

/** Debian's /usr/sbin/rabbitmq-server switches to the user of the system service; the one beside the library does not. */
const folders = ["/usr/lib/rabbitmq/bin"];

interface StartRabbitOptions {
  /** Further lines of rabbitmq.conf: ["vm_memory_high_watermark.absolute = 200MB"]. */
  settings?: readonly string[];
  /** Plugins to enable, of those that came with the server. Default: none, not even management. */
  plugins?: readonly string[];
}

export interface TestRabbit extends TestServer {
  /** "fairlead-15672@localhost" */
  readonly nodeName: string;
  /**
   * Runs rabbitmqctl against this node and gives its standard output. A paused node does not answer: resume it first.
   * `rabbitmqctl("set_vm_memory_high_watermark", "0")` raises the memory alarm, `"0.4"` ends it.
   */
  rabbitmqctl(...args: readonly string[]): Promise<string>;
}

/** Why `startRabbit` cannot work here, for `skipOrFail`; undefined when it can. */
export function rabbitMissing(): string | undefined {
  if (findBinary("rabbitmq-server", folders) === undefined) return "no rabbitmq-server";
  return findBinary("epmd") === undefined ? "no epmd (Erlang)" : undefined;
}

class Rabbit extends ServerProcess implements TestRabbit {
  readonly port: number;
  readonly url: string;
  readonly nodeName: string;
  readonly #directory: TemporaryDirectory;
  readonly #epmd: StartedProcess;
  readonly #env: Readonly<Record<string, string>>;

  constructor(port: number, ports: RabbitPorts, directory: TemporaryDirectory, epmd: StartedProcess) {
    super();
    this.port = port;
    this.url = `amqp://guest:guest@${this.host}:${port}`;
    this.nodeName = `fairlead-${port}@localhost`;
    this.#directory = directory;
    this.#epmd = epmd;
    this.#env = {
      // The cookie of Erlang's distribution is made in the home folder: no test knows another's.
      HOME: directory.path,
      ERL_EPMD_PORT: `${ports.epmd}`,
      ERL_EPMD_ADDRESS: "127.0.0.1",
      RABBITMQ_NODENAME: this.nodeName,
      RABBITMQ_DIST_PORT: `${ports.distribution}`,
      RABBITMQ_MNESIA_BASE: directory.file("data"),
      RABBITMQ_LOG_BASE: directory.file("log"),
      RABBITMQ_CONFIG_FILE: directory.file("rabbitmq.conf"),
      RABBITMQ_ENABLED_PLUGINS_FILE: directory.file("enabled_plugins"),
      RABBITMQ_GENERATED_CONFIG_DIR: directory.file("generated"),
      RABBITMQ_CONF_ENV_FILE: directory.file("rabbitmq-env.conf"),
      // Schedulers that spin while they wait would take the two cores of a small machine from the test.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+sbwt none +sbwtdcpu none +sbwtdio none +S 2:2",
      ERL_CRASH_DUMP_BYTES: "0",
      LANG: "C.UTF-8",
      // The start script then becomes the server instead of its parent, so that our pid is the one to kill.
      detached: "1",
    };
  }

  async prepare(options: StartRabbitOptions): Promise<void> {
    const settings = [
      `listeners.tcp.1 = ${this.host}:${this.port}`,
      "log.console = true",
      "log.console.level = info",
      "log.file = false",
      "disk_free_limit.absolute = 10MB",
      ...(options.settings ?? []),
    ];
    await mkdir(this.#directory.file("data"));
    await writeFile(this.#directory.file("rabbitmq.conf"), `${settings.join("\n")}\n`);
    await writeFile(this.#directory.file("enabled_plugins"), `[${(options.plugins ?? []).join(",")}].\n`);
    await writeFile(this.#directory.file("rabbitmq-env.conf"), "");
  }

  protected override async launch(): Promise<StartedProcess> {
    const command = findBinary("rabbitmq-server", folders) ?? "rabbitmq-server";
    const server = await startProcess("", { command, env: this.#env, cwd: this.#directory.path });
    await server.waitForLine("Server startup complete");
    return server;
  }

  async rabbitmqctl(...args: readonly string[]): Promise<string> {
    const command = findBinary("rabbitmqctl", folders) ?? "rabbitmqctl";
    const { stdout } = await run(command, ["--quiet", "--node", this.nodeName, ...args], {
      env: { ...process.env, ...this.#env },
      timeout: hangTimeoutMs,
      maxBuffer: 64 * 2 ** 20,
    });
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#epmd.kill();
    await this.#directory[Symbol.asyncDispose]();
  }
}

interface RabbitPorts {
  readonly epmd: number;
  readonly distribution: number;
}

/**
 * A RabbitMQ node of this machine's binary on a free port of 127.0.0.1, with its own data, name, cookie and Erlang port
 * mapper, so that any number can run beside each other and beside a system service. User and password: guest. Takes
 * some seconds to start: share one per test file.
 */
export async function startRabbit(options: StartRabbitOptions = {}): Promise<TestRabbit> {
  const directory = await temporaryDirectory();
  const ports = { epmd: await freePort(), distribution: await freePort() };
  // Started by us and in the foreground: an epmd that the server started as a daemon would outlive the test.
  const epmd = await startProcess("-port", {
    command: findBinary("epmd") ?? "epmd",
    args: [`${ports.epmd}`, "-address", "127.0.0.1"],
  });
  const rabbit = new Rabbit(await freePort(), ports, directory, epmd);
  try {
    await rabbit.prepare(options);
    await rabbit.start();
    return rabbit;
  } catch (error) {
    await rabbit[Symbol.asyncDispose]();
    throw error;
  }
}
