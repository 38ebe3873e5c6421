/** Places that a new service or a new type of event must be told to, where nothing can be derived. Each place is a row here. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { eventTypes } from "@fairlead/contracts/names";

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
  {
    file: "README.md",
    says: (name) => new RegExp(`^\\|.*\`${name}\``, "m"),
    advice: "name it in the table of what is there",
  },
];

/** Text of a file below the root; undefined where there is none. */
export type ReadText = (path: string) => string | undefined;

/** Places where a service is missing, a sentence each. */
export function serviceFaults(names: readonly string[], read: ReadText): string[] {
  return names.flatMap((name) =>
    servicePlaces.flatMap(({ file, says, advice }) => {
      const path = file.replace("{name}", name);
      const text = read(path);
      const isThere = text !== undefined && (says?.(name).test(text) ?? true);
      return isThere ? [] : [`${path}: does not know the service ${name}; ${advice}`];
    }),
  );
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

/** Everything that is not known where it should be, below `root`. */
export function completenessFaults(root: string): string[] {
  const read: ReadText = (path) =>
    existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;
  const names = globSync("services/*/package.json", { cwd: root }).map((path) => basename(dirname(path)));
  return [
    ...serviceFaults(names.filter((name) => name !== composer).sort(), read),
    ...eventFaults(Object.values(eventTypes), read(eventPage) ?? ""),
  ];
}
