/** What the compose stack must say of each service that listens: a configuration that reaches out of its container, and its ports. */
import { join } from "node:path";
import { isLoopback } from "@fairlead/chassis";
import { loadServicesConfig, type ServiceDefinition } from "@fairlead/engine";

const configFile = "services/compose/fairlead.yaml";
const composeFile = "docker-compose.yml";

/** Places where the stack does not know what a service listens on, a sentence each. @param composeText of docker-compose.yml */
export function composeFaults(
  root: string,
  services: readonly ServiceDefinition[],
  composeText: string,
): string[] {
  const { values } = loadServicesConfig({ services, env: {}, configFile: join(root, configFile) });
  return services.flatMap((service) => {
    const { name } = service;
    const block = new RegExp(`^  ${name}:\\n((?:    .*\\n)*)`, "m").exec(composeText)?.[1] ?? "";
    return service.plan(values.services[name]).sockets.flatMap(({ scheme, host, port, what }) => {
      if (scheme === "unix") return [];
      if (isLoopback(host))
        return [
          `${configFile}: ${what} of ${name} is on loopback, which nobody reaches; give the service a section with host 0.0.0.0`,
        ];
      const published = `127.0.0.1:${port}:${port}${scheme === "udp" ? "/udp" : ""}`;
      return block.includes(`"${published}"`)
        ? []
        : [`${composeFile}: ${what} of ${name} is not published; add "${published}" to its ports`];
    });
  });
}
