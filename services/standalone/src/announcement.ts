import { resolve } from "node:path";
import { reachable } from "@fairlead/client/cli";
import { formatAddress } from "@fairlead/core";
import type { Endpoint, EngineConfig } from "@fairlead/engine";

/** The text for a person when Fairlead is ready: every endpoint, where things are kept, and what to try. */
export function announcement(
  endpoints: readonly Endpoint[],
  { dataDir, bus }: Pick<EngineConfig, "dataDir" | "bus">,
): string {
  const rows = endpoints.map(
    ({ scheme, host, port, description }) => [address(scheme, host, port), description] as const,
  );
  const width = Math.max(...rows.map(([place]) => place.length));
  const list = rows.map(([place, words]) => `  ${place.padEnd(width)}  ${words}`);
  return [
    "",
    "Fairlead is ready.",
    "",
    ...list,
    "",
    bus.amqp === undefined
      ? `Everything that is accepted is kept in ${dataDir}`
      : `What is accepted goes to RabbitMQ at ${new URL(bus.amqp.url).host}; while that is away it waits in ${resolve(dataDir, bus.spool.path)}`,
    ...warnings(endpoints),
    ...attempts(endpoints),
    "",
    "Ctrl-C stops it; nothing that was accepted is lost.",
    "",
    "",
  ].join("\n");
}

/** A sentence for each warning, which names all endpoints that have the warning. */
function warnings(endpoints: readonly Endpoint[]): string[] {
  const about = Map.groupBy(endpoints, ({ warning }) => warning);
  return [...about].flatMap(([warning, these]) => {
    if (warning === undefined) return [];
    const places = these.map(({ scheme, port }) => `${port}/${scheme}`).join(", ");
    return ["", `Note: ${warning} (${places}).`, "`npx fairlead doctor` says what to do."];
  });
}

/** Commands for another terminal, with the ports that were really bound: each example once, and the command that shows the log. */
function attempts(endpoints: readonly Endpoint[]): string[] {
  const examples = Map.groupBy(endpoints, ({ tryWith }) => tryWith);
  const http = endpoints.find(({ scheme }) => scheme === "http");
  const url = http && http.port !== 7000 ? ` --url ${address("http", reachable(http.host), http.port)}` : "";
  const commands = [
    ...[...examples].flatMap(([example, [first]]) => (example && first ? [filledIn(example, first)] : [])),
    `npx fairlead tail --after 0${url}`,
  ];
  return ["", "Try, in another terminal:", "", ...commands.map((command) => `  ${command}`)];
}

function filledIn(example: string, { host, port }: Endpoint): string {
  return example.replaceAll("{host}", reachable(host)).replaceAll("{port}", String(port));
}

function address(scheme: string, host: string, port: number): string {
  return scheme === "unix" ? `unix ${host}` : `${scheme}://${formatAddress({ host, port })}`;
}
