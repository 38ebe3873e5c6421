import { errorCode, FairleadError, type Logger, toError } from "@fairlead/core";

/** One end of the channel between the service and a worker process; what `process` and a ChildProcess have in common. */
export interface WorkerPort {
  send(message: unknown, done: (error: Error | null) => void): unknown;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
  off(event: "message", listener: (message: unknown) => void): unknown;
  off(event: "disconnect", listener: () => void): unknown;
}

type Message =
  | { readonly kind: "call"; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly code: string; readonly text: string }
  | { readonly kind: "log"; readonly level: LogLevel; readonly fields: object; readonly text: string };

type LogLevel = "info" | "warn" | "error";

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const lost = () =>
  new FairleadError("WORKER_LOST", "Cannot ask the other process: it is gone", { retryable: true });

/** What the other end may ask, by name; a call that throws fails there with the same code and text. */
export type Answers = Readonly<Record<string, (argument: never) => unknown>>;

/** Questions and answers between two processes. Shares the channel with the bus: each knows its own messages. */
export class WorkerChannel {
  readonly #port: WorkerPort;
  readonly #answers: Answers;
  readonly #logger: Logger;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #isLost = false;

  /** @param logger takes what the other end logs */
  constructor(port: WorkerPort, answers: Answers, logger: Logger) {
    this.#port = port;
    this.#answers = answers;
    this.#logger = logger;
    port.on("message", (message) => this.#onMessage(message));
    port.on("disconnect", () => this.#onLost());
  }

  /** @throws {FairleadError} WORKER_LOST (retryable) when the other process is gone, else what it threw, by its code */
  call(name: string, argument?: unknown): Promise<unknown> {
    if (this.#isLost) return Promise.reject(lost());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ kind: "call", id, name, argument });
    });
  }

  log(level: LogLevel, fields: object, text: string): void {
    this.#send({ kind: "log", level, fields, text });
  }

  #send(gateway: Message): void {
    if (this.#isLost) return;
    this.#port.send({ gateway }, (error) => error && this.#onLost());
  }

  #onMessage(message: unknown): void {
    if (typeof message !== "object" || message === null || !("gateway" in message)) return;
    const inner = message.gateway as Message;
    switch (inner.kind) {
      case "call":
        void this.#answer(inner.id, inner.name, inner.argument);
        return;
      case "result":
        this.#settle(inner.id)?.resolve(inner.value);
        return;
      case "failure":
        this.#settle(inner.id)?.reject(new FairleadError(inner.code, inner.text));
        return;
      case "log":
        this.#logger[inner.level](inner.fields, inner.text);
    }
  }

  async #answer(id: number, name: string, argument: unknown): Promise<void> {
    try {
      const value = await this.#answers[name]!(argument as never);
      this.#send({ kind: "result", id, value });
    } catch (error) {
      this.#send({
        kind: "failure",
        id,
        code: errorCode(error) ?? "WORKER_FAILED",
        text: toError(error).message,
      });
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #onLost(): void {
    this.#isLost = true;
    for (const { reject } of this.#waiting.values()) reject(lost());
    this.#waiting.clear();
  }
}

/** A logger that writes in the process at the other end. Debug lines stay here: they are one or more a connection. */
export function channelLogger(channel: () => WorkerChannel, bound: object = {}): Logger {
  const write = (level: LogLevel) => (fields: object, text: string) =>
    channel().log(level, { ...bound, ...fields }, text);
  return {
    debug() {},
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (fields) => channelLogger(channel, { ...bound, ...fields }),
  };
}
