import {
  addHealthRoutes,
  createLogger,
  createMeter,
  type LineSink,
  type LoadedConfig,
  openTracing,
  type ScrapedMeter,
  standardOutput,
} from "@fairlead/chassis";
import { type Clock, createId, FairleadError, type Logger, systemClock } from "@fairlead/core";
import { type EngineConfig, type LoadServicesConfigOptions, loadServicesConfig } from "./config.ts";
import { prepareServiceDir } from "./data-dir.ts";
import { drainServices } from "./drain-services.ts";
import { addEventStream } from "./event-stream.ts";
import { type Phase, phaseCheck } from "./health.ts";
import { addDocument, createHttp } from "./http.ts";
import { openParts, partsOf } from "./parts.ts";
import type { Endpoint, ServiceDefinition } from "./service.ts";
import { startServices } from "./start-services.ts";
import { version } from "./version.ts";

export interface RunServicesOptions extends LoadServicesConfigOptions {
  /** Name of the process in its log: "standalone", "tcp-gateway". */
  readonly name: string;
  /** Takes the lines of the log. Default: standard output. */
  readonly logSink?: LineSink;
  /** True: `log.format: auto` means human. Default: whether standard output is a terminal. */
  readonly isTerminal?: boolean;
  readonly clock?: Clock;
  /** Stops a start that is under way. */
  readonly signal?: AbortSignal;
}

/** The running services. Disposing closes everything at once; `drain` stops gracefully before. */
export interface RunningServices extends AsyncDisposable {
  readonly instance: string;
  readonly config: LoadedConfig<EngineConfig>;
  /** Everything that can be reached, HTTP first. */
  readonly endpoints: readonly Endpoint[];
  readonly logger: Logger;
  /** "human": a person reads the log on a terminal. */
  readonly logFormat: "json" | "human";
  readonly meter: ScrapedMeter;
  /**
   * Stops gracefully, in this order: `/readyz` answers 503; each service makes durable and acknowledges what it has accepted;
   * HTTP stops. At the signal the rest is cut off. A second call waits for the first. Disposing afterwards writes what the bus holds.
   * @throws {FairleadError} DRAIN_INCOMPLETE, after all that, when a service failed or had not finished at the signal
   */
  drain(signal: AbortSignal): Promise<void>;
}

/**
 * Starts services on the parts that they need, as the configuration describes these. When something fails, everything that was
 * opened is closed again.
 *
 * @throws {FairleadError} that says which part could not start and why: CONFIG_INVALID, DATA_DIR_UNUSABLE, TOKENS_NEEDED,
 *   ADDRESS_IN_USE, START_FAILED with the service's own error as its cause
 */
export async function runServices(options: RunServicesOptions): Promise<RunningServices> {
  const { name, services, clock = systemClock, signal } = options;
  const config = loadServicesConfig(options);
  const { values } = config;
  const instance = createId(clock.nowMs());
  const { logFormat, loggerOf } = createLoggers(options, values.log);
  const logger = loggerOf(name);
  const meter = createMeter({ logger });
  meter
    .gauge({ name: "fairlead_build_info", help: "1, with the version.", labels: ["version"] })
    .set(1, { version });
  if (options.logSink === undefined) watchLog(logger, meter);
  let phase: Phase = "starting";

  await using opened = new AsyncDisposableStack();
  const { tracer } = opened.use(
    await openTracing({
      env: options.env,
      service: name,
      version,
      instance,
      logger: logger.child({ part: "traces" }),
      meter,
      // Tracing is closed last, with the spans of the drain. It takes a tenth of the time for a stop at most.
      flushMs: Math.min(1_000, values.shutdown.limit / 10),
      clock,
    }),
  );
  // A tokens file that cannot be used is refused before anything is opened.
  const http = await createHttp(values.http, { logger, meter, tracer });
  signal?.throwIfAborted();
  const open = await openParts(services, { name, config: values, logger, meter, tracer, clock }, opened);
  const { bus } = open.parts;
  const checks = [phaseCheck(() => phase), ...open.checks];
  addHealthRoutes(http.router(""), { meter, checks: () => checks });
  if (bus) addEventStream(http.router("/v1"), { bus, logger, meter, maxStreams: values.http.maxStreams });
  addDocument(http, values.http.tokensFile !== undefined);

  const contextOf = (service: ServiceDefinition) => ({
    config: values.services[service.name],
    instance,
    logger: loggerOf(service.name),
    meter,
    clock,
    router: http.router("/v1"),
    dataDir: () => prepareServiceDir(values.dataDir, service.name),
    ...partsOf(service, open.parts),
  });
  const running = await startServices(services, contextOf, { opened, signal });
  checks.push(...running.flatMap((service) => service.checks));
  opened.use(http);
  const description = `API, health, metrics${bus ? ", events" : ""}`;
  const endpoint = { scheme: "http", ...(await http.listen()), description };
  phase = "ready";
  const owned = opened.move();

  const drain = async (limit: AbortSignal) => {
    phase = "draining";
    const names = services.map((service) => service.name);
    const failed = await drainServices(running, names, limit, logger);
    await http.drain(limit);
    if (failed.length > 0)
      throw new FairleadError("DRAIN_INCOMPLETE", `Cannot drain ${failed.join(", ")}: the log says why`);
  };
  let drained: Promise<void> | undefined;
  return {
    instance,
    config,
    endpoints: [endpoint, ...running.flatMap((service) => service.endpoints)],
    logger,
    logFormat,
    meter,
    drain: (limit) => (drained ??= drain(limit)),
    async [Symbol.asyncDispose]() {
      phase = "draining";
      await owned.disposeAsync();
    },
  };
}

/** Counts the lines that standard output did not take, and says afterwards how many these were. */
function watchLog(logger: Logger, meter: ScrapedMeter): void {
  const output = standardOutput();
  const lost = meter.counter({
    name: "fairlead_log_lost_lines_total",
    help: "Log lines that could not be written: the disk was full, or nobody read them.",
  });
  let counted = 0;
  meter.onScrape(() => {
    lost.increment(output.lostLines - counted);
    counted = output.lostLines;
  });
  output.onLoss = (lines) => logger.warn({ lines }, "log lines were lost: they could not be written");
}

/** Each service has a root logger and not a child: a child would write the field `service` a second time. */
function createLoggers(
  { isTerminal = process.stdout.isTTY, logSink }: Pick<RunServicesOptions, "isTerminal" | "logSink">,
  { level, format }: EngineConfig["log"],
) {
  const logFormat: RunningServices["logFormat"] =
    format === "auto" ? (isTerminal ? "human" : "json") : format;
  const sink = logSink ? { sink: logSink } : {};
  const loggerOf = (service: string) => createLogger({ service, level, format: logFormat, ...sink });
  return { logFormat, loggerOf };
}
