import type { StartedProcess } from "./process.ts";

/** A real server of another project that a test may hurt. */
export interface TestServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** For the environment of a service: FAIRLEAD_REDIS_URL, FAIRLEAD_AMQP_URL. */
  readonly url: string;
  readonly isRunning: boolean;
  /** What it wrote since its last start. */
  readonly log: readonly string[];
  /** Starts it again with the same port and data; resolves when it serves. */
  start(): Promise<void>;
  /** Ends it the way an operator does. */
  stop(): Promise<void>;
  /** kill -9 */
  kill(): Promise<void>;
  /** kill -9 and start. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  pause(): void;
  /** SIGCONT */
  resume(): void;
}

/** Everything of a TestServer that is the same for each: the life of one process. */
export abstract class ServerProcess {
  readonly host = "127.0.0.1";
  protected process: StartedProcess | undefined;

  /** Resolves when the server serves. */
  protected abstract launch(): Promise<StartedProcess>;

  get isRunning(): boolean {
    return this.process?.isRunning ?? false;
  }

  get log(): readonly string[] {
    return [...(this.process?.stdout ?? []), ...(this.process?.stderr ?? [])];
  }

  async start(): Promise<void> {
    if (!this.isRunning) this.process = await this.launch();
  }

  async stop(): Promise<void> {
    await this.process?.kill("SIGTERM");
  }

  async kill(): Promise<void> {
    await this.process?.kill("SIGKILL");
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  pause(): void {
    this.process?.pause();
  }

  resume(): void {
    this.process?.resume();
  }
}
