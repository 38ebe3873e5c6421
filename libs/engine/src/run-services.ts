import type { Bus } from "@fairlead/bus";
import {
  addHealthRoutes,
  createHttpServer,
  createLogger,
  createMeter,
  type HealthCheck,
  type HttpServer,
  type LineSink,
  type LoadedConfig,
  openApiDocument,
  openTokens,
  openTracing,
  type ScrapedMeter,
} from "@fairlead/chassis";
import {
  type Clock,
  createId,
  FairleadError,
  type Logger,
  systemClock,
  type Tracer,
  toError,
} from "@fairlead/core";
import { openState, type State } from "@fairlead/state";
import { openBus } from "./config/bus.ts";
import { type EngineConfig, type LoadServicesConfigOptions, loadServicesConfig } from "./config.ts";
import { prepareDataDir, prepareServiceDir } from "./data-dir.ts";
import { drainServices } from "./drain-services.ts";
import { addEventStream } from "./event-stream.ts";
import { busCheck, type Phase, phaseCheck, stateCheck } from "./health.ts";
import type { Endpoint, Parts, RunningService, ServiceDefinition } from "./service.ts";
import { traceBus } from "./trace-bus.ts";
import { version } from "./version.ts";

export interface RunServicesOptions extends LoadServicesConfigOptions {
  /** Of the process, in its log: "standalone", "tcp-gateway". */
  readonly name: string;
  /** Where the log goes. Default: standard output. */
  readonly logSink?: LineSink;
  /** What `log.format: auto` means: true: human. Default: whether standard output is a terminal. */
  readonly isTerminal?: boolean;
  readonly clock?: Clock;
  /** Stops a start that is under way. */
  readonly signal?: AbortSignal;
}

/** What runs. Disposing closes everything; `drain` first stops gracefully. */
export interface RunningServices extends AsyncDisposable {
  readonly instance: string;
  readonly config: LoadedConfig<EngineConfig>;
  /** What can be reached, HTTP first. */
  readonly endpoints: readonly Endpoint[];
  readonly logger: Logger;
  /** "human": a person reads the log on a terminal. */
  readonly logFormat: "json" | "human";
  readonly meter: ScrapedMeter;
  readonly bus: Bus;
  readonly state: State;
  /**
   * In this order: not ready any more; each service makes durable and acknowledges what it has accepted; HTTP stops. At
   * the signal what is left is cut off. Dispose afterwards: the bus writes what it holds. Repeating is harmless.
   * @throws {FairleadError} DRAIN_INCOMPLETE, after all that, when a service failed or had not finished at the signal
   */
  drain(signal: AbortSignal): Promise<void>;
}

/**
 * Starts services on the bus and the state that the configuration names. When something fails, everything that was opened
 * is closed again.
 *
 * @throws {FairleadError} that says which part could not start and why: CONFIG_INVALID, DATA_DIR_UNUSABLE, TOKENS_NEEDED,
 *   ADDRESS_IN_USE, START_FAILED with the service's own error as its cause
 */
export async function runServices(options: RunServicesOptions): Promise<RunningServices> {
  const { services: definitions, clock = systemClock } = options;
  const config = loadServicesConfig(options);
  const { values } = config;
  const instance = createId(clock.nowMs());
  const isTerminal = options.isTerminal ?? process.stdout.isTTY;
  const logFormat = values.log.format === "auto" ? (isTerminal ? "human" : "json") : values.log.format;
  // One root per service and not a child: a child would write the field `service` a second time.
  const loggerOf = (service: string) =>
    createLogger({
      service,
      level: values.log.level,
      format: logFormat,
      ...(options.logSink ? { sink: options.logSink } : {}),
    });
  const logger = loggerOf(options.name);
  const meter = createMeter({ logger });
  meter
    .gauge({ name: "fairlead_build_info", help: "1, with the version.", labels: ["version"] })
    .set(1, { version });

  await using opened = new AsyncDisposableStack();
  const checks: HealthCheck[] = [];
  let phase: Phase = "starting";

  const { tracer } = opened.use(
    await openTracing({
      env: options.env,
      service: options.name,
      version,
      instance,
      logger: logger.child({ part: "traces" }),
      meter,
      // Closed last, with the spans of the drain: of the time for a stop a tenth at most.
      flushMs: Math.min(1_000, values.shutdown.limit / 10),
      clock,
    }),
  );
  // Before anything is opened: a public address without tokens is refused.
  const http = await createHttp(values, logger, meter, tracer);
  await prepareDataDir(values.dataDir);
  options.signal?.throwIfAborted();
  const { dataDir } = values;
  const state = opened.use(
    await openState(values.state, { dataDir, logger: logger.child({ part: "state" }), meter, clock }),
  );
  const ownBus = opened.use(
    await openBus(values.bus, {
      dataDir,
      name: options.name,
      logger: logger.child({ part: "bus" }),
      meter,
      clock,
    }),
  );
  const bus = traceBus(ownBus, tracer);
  checks.push(
    phaseCheck(() => phase),
    busCheck(bus),
    stateCheck(state),
  );
  addHealthRoutes(http.router(""), { meter, checks: () => checks });
  addEventStream(http.router("/v1"), { bus, logger, meter, maxStreams: values.http.maxStreams });
  addDocument(http, version, values.http.tokensFile !== undefined);

  const running: RunningService[] = [];
  const endpoints: Endpoint[] = [];
  for (const definition of definitions) {
    options.signal?.throwIfAborted();
    const service = opened.use(
      await startService(definition, {
        config: values.services[definition.name],
        instance,
        logger: loggerOf(definition.name),
        meter,
        clock,
        router: http.router("/v1"),
        dataDir: () => prepareServiceDir(values.dataDir, definition.name),
        ...partsOf(definition, { bus, state }),
      }),
    );
    running.push(service);
    checks.push(...service.checks);
    endpoints.push(...service.endpoints);
  }
  opened.use(http);
  const address = await http.listen();
  endpoints.unshift({ scheme: "http", ...address, description: "API, health, metrics, events" });
  phase = "ready";
  const owned = opened.move();

  let drained: Promise<void> | undefined;
  const drain = async (signal: AbortSignal) => {
    phase = "draining";
    const names = definitions.map(({ name }) => name);
    const failed = await drainServices(running, names, signal, logger);
    await http.drain(signal);
    if (failed.length > 0) {
      throw new FairleadError("DRAIN_INCOMPLETE", `Cannot drain ${failed.join(", ")}: the log says why`);
    }
  };
  return {
    instance,
    config,
    endpoints,
    logger,
    logFormat,
    meter,
    bus,
    state,
    drain: (signal) => (drained ??= drain(signal)),
    async [Symbol.asyncDispose]() {
      phase = "draining";
      await owned.disposeAsync();
    },
  };
}

async function createHttp(
  { http }: EngineConfig,
  logger: Logger,
  meter: ScrapedMeter,
  tracer: Tracer,
): Promise<HttpServer> {
  return createHttpServer({
    host: http.host,
    port: http.port,
    tokens: http.tokensFile === undefined ? undefined : await openTokens(http.tokensFile, { logger }),
    limits: {
      headerMs: http.headerTime,
      bodyMs: http.bodyTime,
      idleMs: http.idleTime,
      keepAliveMs: http.keepAliveTime,
      maxConnections: http.maxConnections,
      maxHeaderBytes: http.maxHeaderBytes,
      maxBodyBytes: http.maxBodyBytes,
    },
    logger: logger.child({ part: "http" }),
    meter,
    tracer,
  });
}

function addDocument(http: HttpServer, version: string, needsTokens: boolean): void {
  let document: unknown;
  http.router("/v1").add({
    method: "GET",
    path: "/openapi.json",
    summary: "Describe this API",
    scope: undefined,
    responses: { 200: { description: "An OpenAPI 3.1 document", contentType: "application/json" } },
    handle() {
      // Made when it is first asked for: a start is not delayed by it.
      document ??= openApiDocument({ title: "Fairlead", version, mounts: http.mounts, needsTokens });
      return { status: 200, body: document };
    },
  });
}

/** The parts that a service names. They are open: the engine has opened every part that some service names. */
function partsOf({ name, needs }: ServiceDefinition, open: Partial<Parts>): Parts {
  const missing = needs.filter((part) => open[part] === undefined);
  if (missing.length > 0) throw new Error(`Cannot start ${name}: ${missing.join(", ")} is not open`);
  return Object.fromEntries(needs.map((part) => [part, open[part]])) as unknown as Parts;
}

async function startService(
  definition: ServiceDefinition,
  context: Parameters<ServiceDefinition["open"]>[0],
): Promise<RunningService> {
  try {
    return await definition.open(context);
  } catch (error) {
    const { message } = toError(error);
    throw new FairleadError("START_FAILED", `Cannot start ${definition.name}: ${message}`, {
      data: { service: definition.name },
      cause: error,
    });
  }
}
