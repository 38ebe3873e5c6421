/** The rules of the tree that can be read off its files: who may depend on whom, and how a room is furnished. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, dirname, join, normalize } from "node:path";

/** The layer of each package. A package imports lower layers only. A new package is entered here. */
const libraryLayers: Readonly<Record<string, number>> = {
  core: 0,
  contracts: 1,
  socket: 2,
  syslog: 2,
  sqlite: 2,
  amqp: 2,
  chassis: 2,
  bus: 3,
  queues: 3,
  state: 3,
  engine: 4,
  ingress: 5,
  client: 5,
};
const developmentOnly = new Set(["harness"]);
const serviceLayer = 10;
const composer = "standalone";

export const fileWallLines = 400;
export const fileReconsiderLines = 250;
export const readmeWallLines = 120;
const forbiddenNames = /^(utils?|helpers?|types|misc|common)\.ts$|(Manager|Impl)\.ts$|-(manager|impl)\.ts$/;
/** The only files that may read the environment or end the process (docs/explanation/conventions.md, Code). */
const entries = /(^|\/)(config|main|cli|environment)\.ts$/;

export interface Package {
  /** Folder, relative to the root: "libs/core". */
  readonly folder: string;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
  /** Files that other packages import, relative to the root. */
  readonly entries: readonly string[];
}

export interface SourceFile {
  /** Relative to the root. */
  readonly path: string;
  readonly text: string;
}

const scope = "@fairlead/";
export const lineCount = (text: string) => text.split("\n").length - 1;
const nameOf = (pkg: Package) => basename(pkg.folder);
/** Tests and the measurements of a library: neither is shipped. */
const isTest = (path: string) => /\.test\.ts$|\/(test|bench)\//.test(path);
/** The suites that every driver of an interface runs: tests to be imported by tests. */
const isContract = (path: string) => /(^|\/)contract(\.|\/)/.test(path);

function layerOf(pkg: Package): number | undefined {
  if (pkg.folder.startsWith("services/")) return serviceLayer;
  return libraryLayers[nameOf(pkg)];
}

/** Breaks of the dependency rule (docs/explanation/architecture.md, The layers), a sentence each. */
export function dependencyFaults(packages: readonly Package[]): string[] {
  const byName = new Map(packages.map((pkg) => [nameOf(pkg), pkg]));
  const faults: string[] = [];
  for (const pkg of packages) {
    const name = nameOf(pkg);
    if (developmentOnly.has(name) || pkg.folder === "bench") continue;
    const layer = layerOf(pkg);
    if (layer === undefined) {
      faults.push(`${pkg.folder}: has no layer; enter it in scripts/architecture.ts`);
      continue;
    }
    if (layer === 0 && pkg.dependencies.length > 0) faults.push(`${pkg.folder}: layer 0 has dependencies`);
    // Tests too: a library whose tests need its neighbour cannot be changed without it.
    const all = new Set([...pkg.dependencies, ...pkg.devDependencies]);
    for (const dependency of [...all].filter((d) => d.startsWith(scope))) {
      const target = byName.get(dependency.slice(scope.length));
      if (target === undefined)
        faults.push(`${pkg.folder}: depends on ${dependency}, which is not in the tree`);
      else if (developmentOnly.has(nameOf(target))) {
        if (pkg.dependencies.includes(dependency))
          faults.push(`${pkg.folder}: ${dependency} is for development only`);
      } else if (name === composer && pkg.folder.startsWith("services/")) continue;
      else if ((layerOf(target) ?? 0) >= layer)
        faults.push(
          `${pkg.folder}: may not depend on ${target.folder} (layer ${layer} on ${layerOf(target)})`,
        );
    }
  }
  return faults;
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s(?:[^;"']*?\sfrom\s)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

/** What a file imports, types and `import()` included. */
const importsOf = (text: string) => [...text.matchAll(importPattern)].map((match) => (match[1] ?? match[2])!);

function packageNameOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function importFault(pkg: Package, path: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) {
    const target = normalize(join(dirname(path), specifier));
    return target.startsWith(`${pkg.folder}/`)
      ? undefined
      : `${path}: imports ${specifier}, outside its package`;
  }
  if (isBuiltin(specifier)) return undefined;
  const name = packageNameOf(specifier);
  if (name === `${scope}${nameOf(pkg)}` || pkg.dependencies.includes(name)) return undefined;
  // Test tools stand in the root's devDependencies.
  const forTests = ["fast-check", ...pkg.devDependencies];
  if (isTest(path) || developmentOnly.has(nameOf(pkg)) || isContract(path)) {
    return forTests.includes(name)
      ? undefined
      : `${path}: imports ${name}, which its package.json does not name`;
  }
  return `${path}: imports ${name}, which is not among its package's dependencies`;
}

/** Files of one package that stand among its sources and serve its tests alone, a sentence each. */
export function testHelperFaults(pkg: Package, files: readonly SourceFile[]): string[] {
  if (developmentOnly.has(nameOf(pkg))) return [];
  const home = `${pkg.folder}/test/`;
  const importers = new Map<string, string[]>();
  for (const { path, text } of files) {
    for (const specifier of importsOf(text)) {
      if (!specifier.startsWith(".")) continue;
      const target = normalize(join(dirname(path), specifier));
      importers.set(target, [...(importers.get(target) ?? []), path]);
    }
  }
  return files.flatMap(({ path }) => {
    if (/\/src\/(.*\/)?test\//.test(path))
      return [`${path}: tests stand beside their source or below ${home}`];
    const by = importers.get(path) ?? [];
    const isPrivate = !pkg.entries.includes(path) && !isTest(path) && !isContract(path);
    return isPrivate && by.length > 0 && by.every(isTest)
      ? [`${path}: only tests import this file; move the file to ${home}`]
      : [];
  });
}

/** Breaks of the file rules (docs/explanation/conventions.md), a sentence each. */
export function fileFaults(pkg: Package, file: SourceFile): string[] {
  const { path, text } = file;
  const faults: string[] = [];
  const lines = lineCount(text);
  if (lines > fileWallLines) faults.push(`${path}: ${lines} lines, the wall is ${fileWallLines}`);
  if (forbiddenNames.test(basename(path)))
    faults.push(`${path}: name the file after its subject, not its kind`);
  const imported = importsOf(text);
  for (const specifier of imported) {
    const fault = importFault(pkg, path, specifier);
    if (fault) faults.push(fault);
  }
  if (
    !isTest(path) &&
    /^(libs|services)\//.test(path) &&
    !developmentOnly.has(nameOf(pkg)) &&
    !entries.test(path)
  ) {
    if (/\bprocess(\.|\[")env\b/.test(text))
      faults.push(`${path}: reads the environment; only config.ts does`);
    // By another name it would be hidden from the rules beside this one.
    if (imported.some((specifier) => /^(node:)?process$/.test(specifier)))
      faults.push(`${path}: imports the process; where it may be used it is global`);
    if (/\bprocess\.exit\(/.test(text) && path !== "libs/chassis/src/run.ts")
      faults.push(`${path}: ends the process; only the chassis does`);
  }
  return faults;
}

function readPackage(root: string, manifest: string): Package {
  const json = JSON.parse(readFileSync(join(root, manifest), "utf8")) as {
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
    exports?: string | Record<string, string>;
  };
  const folder = dirname(manifest);
  const entries = typeof json.exports === "object" ? Object.values(json.exports) : [json.exports ?? ""];
  return {
    folder,
    dependencies: Object.keys(json.dependencies ?? {}),
    devDependencies: Object.keys(json.devDependencies ?? {}),
    entries: entries.map((entry) => join(folder, entry)),
  };
}

const filesBelow = (root: string, pattern: string) =>
  globSync(pattern, { cwd: root, exclude: (path) => path.includes("node_modules") }).sort();

export const readPackages = (root: string): Package[] =>
  filesBelow(root, "{libs/*,services/*,bench}/package.json").map((path) => readPackage(root, path));

/** All code of a package, tests included. */
export const readFiles = (root: string, { folder }: Package): SourceFile[] =>
  filesBelow(root, `${folder}/**/*.{ts,mjs}`).map((path) => ({
    path,
    text: readFileSync(join(root, path), "utf8"),
  }));

/** False for what serves development alone. */
export const isShipped = (pkg: Package, path: string) =>
  !isTest(path) && !isContract(path) && !developmentOnly.has(nameOf(pkg)) && pkg.folder !== "bench";

/** All faults of the tree below `root`, and the files that are long enough to reconsider. */
export function inspectTree(root: string): { faults: string[]; longFiles: string[] } {
  const packages = readPackages(root);
  const faults = dependencyFaults(packages);
  const longFiles: string[] = [];
  for (const pkg of packages) {
    faults.push(...readmeFaults(root, pkg));
    if (pkg.folder !== "bench" && !existsSync(join(root, pkg.folder, "src/mod.ts")))
      faults.push(`${pkg.folder}: has no src/mod.ts`);
    const files = readFiles(root, pkg);
    faults.push(...testHelperFaults(pkg, files));
    for (const file of files) {
      faults.push(...fileFaults(pkg, file));
      const lines = lineCount(file.text);
      if (lines > fileReconsiderLines) longFiles.push(`${file.path} (${lines} lines)`);
    }
    const used = new Set(files.flatMap(({ text }) => importsOf(text).map(packageNameOf)));
    for (const dependency of pkg.dependencies) {
      if (!used.has(dependency)) faults.push(`${pkg.folder}: names ${dependency} and does not import it`);
    }
  }
  return { faults, longFiles };
}

function readmeFaults(root: string, { folder }: Package): string[] {
  const path = join(folder, "README.md");
  if (!existsSync(join(root, path))) return [`${folder}: has no README.md`];
  const lines = lineCount(readFileSync(join(root, path), "utf8"));
  return lines > readmeWallLines
    ? [`${path}: ${lines} lines, the wall is ${readmeWallLines}; move what is longer to docs/`]
    : [];
}
