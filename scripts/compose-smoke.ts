/**
 * Brings the compose stack up, uses it as a user would, kills RabbitMQ and Redis under load, and proves with sequence
 * numbers that nothing acknowledged is missing. Needs Docker and free ports 7000, 7001, 7010, 7100, 5514, 8125, 15672.
 * `npm run test:compose`; with --keep the stack stays up.
 */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { services } from "@fairlead/standalone";

const project = "fairlead-smoke";
const lanes = 4;
const say = (text: string) => process.stderr.write(`compose: ${text}\n`);

function runProgram(command: string, args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 30 });
}

const usesPlugin = runProgram("docker", ["compose", "version"]).status === 0;

function compose(...args: readonly string[]): string {
  const [command, first] = usesPlugin ? ["docker", ["compose"]] : ["docker-compose", [] as string[]];
  const done = runProgram(command, [...first, "-p", project, ...args]);
  if (done.status !== 0)
    throw new Error(`Cannot run compose ${args.join(" ")}: ${done.stderr || done.stdout}`);
  return done.stdout;
}

/** The `fairlead` command in a container of its own, inside the stack's network. */
function tail(url: string, type: string): { type: string; subject: string; records?: { text?: string }[] }[] {
  const options = ["--url", url, "--token-file", "/run/api-token/token", "--type", type];
  const out = compose(
    "run",
    "--rm",
    "-T",
    "cli",
    "tail",
    "--after",
    "0",
    "--no-follow",
    "--json",
    ...options,
  );
  return out
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

async function until(what: string, isSo: () => boolean | Promise<boolean>, seconds = 180): Promise<void> {
  const end = performance.now() + seconds * 1_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`Cannot go on: ${what} did not come within ${seconds} s`);
    await sleep(500);
  }
}

/** One connection after the other: sends numbered lines, sends again from the last acknowledged one after a loss. */
class Lane {
  readonly #name: string;
  #acknowledged = 0;
  #isStopped = false;
  #connections = 0;

  constructor(index: number) {
    this.#name = `lane${index}`;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get connections(): number {
    return this.#connections;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#connection();
      await sleep(100);
    }
  }

  #connection(): Promise<void> {
    const before = this.#acknowledged;
    this.#connections++;
    return new Promise((resolve) => {
      const socket = connect(7001, "127.0.0.1");
      let next = before;
      const timer = setInterval(() => {
        if (this.#isStopped) return void socket.end();
        for (let i = 0; i < 20 && next - this.#acknowledged < 5_000; i++)
          socket.write(`${this.#name}:${++next}\n`);
      }, 10);
      let text = "";
      socket.setEncoding("latin1").on("data", (chunk: string) => {
        const lines = (text + chunk).split("\n");
        text = lines.pop()!;
        for (const line of lines)
          if (line.startsWith("OK ")) this.#acknowledged = before + Number(line.slice(3));
      });
      socket
        .on("error", () => {})
        .on("close", () => {
          clearInterval(timer);
          resolve();
        });
    });
  }
}

/** Every acknowledged line is there, and first arrivals are in order. Gives the number of repeats. */
function audit(texts: readonly string[], acknowledged: readonly number[]): number {
  let repeats = 0;
  acknowledged.forEach((count, index) => {
    const prefix = `lane${index}:`;
    const numbers = texts
      .filter((text) => text.startsWith(prefix))
      .map((text) => Number(text.slice(prefix.length)));
    let newest = 0;
    for (const number of numbers) {
      if (number <= newest) repeats++;
      else if (number === newest + 1) newest = number;
      else throw new Error(`lane ${index}: ${number} came before ${newest + 1}`);
    }
    if (newest < count)
      throw new Error(`lane ${index}: ${count} were acknowledged and the log ends at ${newest}`);
  });
  return repeats;
}

async function isReady(port: number): Promise<boolean> {
  const reply = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  return reply?.status === 200 && (await reply.text()).startsWith("ok");
}

async function main(): Promise<void> {
  say(`building and starting (${usesPlugin ? "docker compose" : "docker-compose"})`);
  compose("build");
  compose("up", "-d");
  for (const { name } of services) {
    const [, port] = compose("port", name, "7000").trim().split(":");
    await until(`a ready ${name}`, () => isReady(Number(port)));
  }

  say("a line and a datagram, read from another container");
  const udp = createSocket("udp4");
  await new Promise<unknown>((resolve) => udp.send("hello from udp", 7010, "127.0.0.1", resolve));
  udp.close();
  const runs = Array.from({ length: lanes }, (_, index) => new Lane(index));
  const running = Promise.all(runs.map((lane) => lane.run()));
  await until("a first ack", () => runs.every(({ acknowledged }) => acknowledged > 0));
  await until("the datagram", () =>
    tail("http://udp-collector:7000", "udp.records").some(({ records }) =>
      records?.some(({ text }) => text === "hello from udp"),
    ),
  );

  for (const victim of ["rabbitmq", "redis"]) {
    const before = runs.map(({ acknowledged }) => acknowledged);
    say(`killing ${victim} under load`);
    compose("kill", "-s", "SIGKILL", victim);
    await until("acks without it", () =>
      runs.every(({ acknowledged }, lane) => acknowledged > before[lane]! + 1_000),
    );
    compose("start", victim);
    await until(`a stack that is well again after ${victim}`, () => isReady(7000));
  }
  for (const lane of runs) lane.stop();
  await running;
  await until("an empty spool", () => isReady(7000));

  const acknowledged = runs.map((lane) => lane.acknowledged);
  const texts = tail("http://tcp-gateway:7000", "tcp.records").flatMap(({ records }) =>
    (records ?? []).map(({ text }) => text ?? ""),
  );
  const repeats = audit(texts, acknowledged);
  const total = acknowledged.reduce((sum, count) => sum + count, 0);
  const connections = runs.reduce((sum, lane) => sum + lane.connections, 0);
  say(
    `${total} lines acknowledged on ${connections} connections, none missing, in order, ${repeats} repeated`,
  );
}

try {
  await main();
  say("passed");
} catch (error) {
  say(`FAILED: ${error instanceof Error ? error.message : error}`);
  process.stderr.write(runProgram("docker", ["ps", "-a", "--filter", `name=${project}`]).stdout);
  process.exitCode = 1;
} finally {
  if (!process.argv.includes("--keep")) compose("down", "-v");
}
