/** Configurations for tests and measurements. They follow from what the services plan, so that a new service needs no edit of them. */
import { loadServicesConfig, planServices, type ServiceDefinition } from "../src/mod.ts";

type Services = readonly ServiceDefinition[];
type Sections = Record<string, Record<string, unknown>>;

/** Ports of all sockets by default, HTTP's among them, each once. */
export function defaultPorts(services: Services): readonly number[] {
  const { sockets } = planServices(services, loadDefaults(services).values);
  return [...new Set(sockets.map(({ port }) => port))];
}

/**
 * The section of every service and the port of HTTP, with the defaults as a person would write them.
 * @param portOf what stands in the place of a default port
 */
export function defaultConfig(services: Services, portOf: (port: number) => number): Sections {
  const { values, redacted } = loadDefaults(services);
  const config = structuredClone(redacted) as Sections;
  for (const { key, port } of planServices(services, values).sockets) set(config, key, portOf(port));
  const own = services.map(({ name }) => [name, config[name] ?? {}]);
  return { ...Object.fromEntries(own), http: { port: portOf(values.http.port) } };
}

/** `defaultConfig` on any free ports, of the listeners none. */
export function configWithoutListeners(services: Services): Sections {
  const sections = Object.entries(defaultConfig(services, () => 0));
  return Object.fromEntries(
    sections.map(([name, section]) => [name, "listeners" in section ? { listeners: [] } : section]),
  );
}

/** No file stands beside this one. */
const loadDefaults = (services: Services) =>
  loadServicesConfig({ services, env: {}, cwd: import.meta.dirname });

function set(tree: unknown, [step, ...rest]: readonly PropertyKey[], value: unknown): void {
  if (typeof tree !== "object" || tree === null || step === undefined) return;
  if (rest.length === 0) Reflect.set(tree, step, value);
  else set(Reflect.get(tree, step), rest, value);
}
