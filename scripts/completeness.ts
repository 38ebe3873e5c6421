/** Places that a new service, kind of listener or type of event must be told to, where nothing can be derived. Each place is a row here. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { undescribedKeys } from "@fairlead/chassis/undescribed-keys";
import { eventTypes } from "@fairlead/contracts/names";
import { composeFaults } from "./compose.ts";

/** The composition of the others; not a service of its own. */
const composer = "standalone";

interface Place {
  /** Relative to the root; {name} stands for the service's name. */
  readonly file: string;
  /** What the file must say. Without: the file must be there. */
  readonly says?: (name: string) => RegExp;
  readonly advice: string;
}

const servicePlaces: readonly Place[] = [
  { file: "services/{name}/README.md", advice: "write it: what the service is for, its ports, its failures" },
  { file: "services/{name}/src/main.ts", advice: "write it: the entry of the service's own process" },
  { file: "services/{name}/src/mod.ts", advice: "write it: the service's one exported definition" },
  {
    file: "libs/contracts/src/names.ts",
    says: (name) => new RegExp(`^ +"${name}",$`, "m"),
    advice: "add the name to serviceNames",
  },
  {
    file: "services/standalone/src/services.ts",
    says: (name) => new RegExp(`from "@fairlead/${name}"`),
    advice: "import the service's definition and add it to the list",
  },
  {
    file: "docker-compose.yml",
    says: (name) => new RegExp(`^  ${name}:\\n(    .*\\n)*      args: \\{ SERVICE: ${name} \\}$`, "m"),
    advice: "add a service of this name, built with this SERVICE",
  },
];

const kindPlaces: readonly Place[] = [
  {
    file: "libs/contracts/src/names.ts",
    says: (name) => new RegExp(`udpListenerKinds = \\[[^\\]]*"${name}"`),
    advice: "add the name to udpListenerKinds",
  },
  {
    file: "services/udp-collector/src/kinds.ts",
    says: (name) => new RegExp(`from "\\./${name}/kind\\.ts"`),
    advice: "import the kind and add it to the list",
  },
  {
    file: "services/udp-collector/src/{name}/README.md",
    advice: "write it: what is understood, and what becomes of the rest",
  },
];

/** Text of a file below the root; undefined where there is none. */
export type ReadText = (path: string) => string | undefined;

function placeFaults(what: string, name: string, places: readonly Place[], read: ReadText): string[] {
  return places.flatMap(({ file, says, advice }) => {
    const path = file.replace("{name}", name);
    const text = read(path);
    const isThere = text !== undefined && (says?.(name).test(text) ?? true);
    return isThere ? [] : [`${path}: does not know the ${what} ${name}; ${advice}`];
  });
}

/** Places where a service is missing, a sentence each. */
export function serviceFaults(names: readonly string[], read: ReadText): string[] {
  return names.flatMap((name) => placeFaults("service", name, servicePlaces, read));
}

/** Places where a kind of UDP listener is missing, a sentence each. @param names of the folders that have a kind.ts */
export function kindFaults(names: readonly string[], read: ReadText): string[] {
  return names.flatMap((name) => placeFaults("kind of UDP listener", name, kindPlaces, read));
}

const eventPage = "docs/reference/events.md";
const typePrefix = "dev.fairlead.";

/** Rows that the table of events lacks or has too many, a sentence each. @param types as in `eventTypes` */
export function eventFaults(types: readonly string[], page: string): string[] {
  const keys = types.map((type) => type.slice(typePrefix.length));
  const rows = [...page.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([a-z]+(?:\.[a-z]+)+)`/g)].map(([, key]) => key!),
  );
  return [
    ...keys.filter((key) => !rows.includes(key)).map((key) => `${eventPage}: has no row for ${key}; add one`),
    ...rows
      .filter((row) => !keys.includes(row))
      .map((row) => `${eventPage}: has a row for ${row}, which libs/contracts/src/names.ts does not know`),
  ];
}

/** The list of services is loaded here and not above: what keeps it from being loaded is a fault like any other. */
async function stackFaults(root: string, composeText: string): Promise<string[]> {
  try {
    const { services } = await import("@fairlead/standalone");
    const keys = services.flatMap(({ name, configSchema }) =>
      undescribedKeys(configSchema).map(
        (key) => `services/${name}: the key ${key} has no sentence; add one with describe()`,
      ),
    );
    return [...keys, ...composeFaults(root, services, composeText)];
  } catch (error) {
    return [
      `services/standalone/src/services.ts: cannot be loaded: ${error instanceof Error ? error.message : error}`,
    ];
  }
}

/** Everything that is not known where it should be, below `root`. */
export async function completenessFaults(root: string): Promise<string[]> {
  const read: ReadText = (path) =>
    existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;
  const names = globSync("services/*/package.json", { cwd: root }).map((path) => basename(dirname(path)));
  const kinds = globSync("services/udp-collector/src/*/kind.ts", { cwd: root }).map((path) =>
    basename(dirname(path)),
  );
  return [
    ...kindFaults(kinds.sort(), read),
    ...serviceFaults(names.filter((name) => name !== composer).sort(), read),
    ...(await stackFaults(root, read("docker-compose.yml") ?? "")),
    ...eventFaults(Object.values(eventTypes), read(eventPage) ?? ""),
  ];
}
