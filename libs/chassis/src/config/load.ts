import { readFileSync } from "node:fs";
import { FairleadError, toError } from "@fairlead/core";
import type { z } from "zod";
import { isTree, type Path, parseConfigDocument, type Tree } from "./document.ts";
import { ConfigError, type ConfigIssue, formatPath } from "./errors.ts";
import { configWords, explain, type Finding, showValue, valueAt } from "./explain.ts";
import { redact, withDefaults } from "./schema.ts";
import { environmentLookUp, type LookUp, substitute } from "./substitute.ts";

/** An environment variable that takes the place of a key. */
export interface EnvironmentOverride {
  /** "FAIRLEAD_HTTP_PORT". The file of `<name>_FILE` is read where only that variable is set. An empty value counts as not set. */
  readonly variable: string;
  readonly path: Path;
}

export interface ParseConfigOptions<Schema extends z.ZodType> {
  /** The schema of the whole file: a `section` of sections. */
  readonly schema: Schema;
  /** The YAML text. Undefined where there is no file: then every key has its default. */
  readonly text: string | undefined;
  /** The name of the text in errors: the path of the file. */
  readonly source: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads the files that `..._FILE` variables name. */
  readonly readFile: (path: string) => string;
  readonly overrides?: readonly EnvironmentOverride[];
  /** Sections of services that this process does not run. Their content is not checked. */
  readonly ignoredSections?: readonly string[];
}

export interface LoadedConfig<Values> {
  /** The checked values, with numbers for sizes and durations. */
  readonly values: Values;
  /**
   * The configuration as a person would write the file: every key with its value or default, secrets replaced by "***". Safe to
   * print.
   */
  readonly redacted: unknown;
  /** Path of the file; undefined when there was none. */
  readonly file: string | undefined;
}

/**
 * Checks a configuration and reports every fault at once. Opens no files but those that `..._FILE` variables name.
 *
 * @throws {ConfigError} CONFIG_INVALID
 */
export function parseConfig<Schema extends z.ZodType>(
  options: ParseConfigOptions<Schema>,
): { values: z.output<Schema>; redacted: unknown } {
  const { schema, source, env } = options;
  const document = parseConfigDocument(options.text ?? "", source);
  const ignored = new Set(options.ignoredSections);
  const written = Object.fromEntries(Object.entries(document.tree).filter(([key]) => !ignored.has(key)));
  const issues: ConfigIssue[] = [];
  const add = (path: Path, message: string, isAboutKey = false) => {
    const place = isAboutKey ? document.placeOfKey(path) : document.placeOf(path);
    issues.push({ path: formatPath(path), message, ...(options.text === undefined ? {} : place) });
  };

  const lookUp = environmentLookUp(env, options.readFile);
  const replaced = replaceAll(written, [], lookUp, add) as Tree;
  const failed = new Set(issues.map((issue) => issue.path));
  const { tree, origins } = applyOverrides(replaced, options.overrides ?? [], lookUp, issues);

  const shown = redact(schema, written);
  const shownOverrides = redact(schema, tree);
  const { values, findings } = check(schema, tree);
  for (const finding of findings) {
    const path = formatPath(finding.path);
    if (failed.has(path)) continue;
    const variable = origins.get(path);
    const value = valueAt(variable === undefined ? shown : shownOverrides, finding.path);
    const words = finding.isAboutKey
      ? finding.message
      : `is ${value === undefined ? showDefault(schema, tree, finding.path) : showValue(value)}: ${finding.message}`;
    if (variable === undefined) add(finding.path, words, finding.isAboutKey);
    else issues.push({ path, message: words, variable });
  }
  if (issues.length > 0) throw new ConfigError("CONFIG_INVALID", source, issues.sort(byPlace));
  // `check` gives either issues or values.
  return { values: values as z.output<Schema>, redacted: redact(schema, withDefaults(schema, tree)) };
}

/** A value that stands nowhere may have a default, and the default may be the fault. */
function showDefault(schema: z.ZodType, tree: Tree, path: Path): string {
  const value = valueAt(redact(schema, withDefaults(schema, tree)), path);
  return value === undefined ? "missing" : `${showValue(value)} (the default)`;
}

/** Orders issues as they stand in the file. Issues of values from elsewhere come last. */
function byPlace(a: ConfigIssue, b: ConfigIssue): number {
  const [lineA, lineB] = [a.line ?? Number.MAX_SAFE_INTEGER, b.line ?? Number.MAX_SAFE_INTEGER];
  return lineA - lineB || (a.column ?? 0) - (b.column ?? 0);
}

function check(schema: z.ZodType, tree: Tree): { values?: unknown; findings: Finding[] } {
  try {
    const checked = schema.safeParse(tree, { error: configWords });
    if (checked.success) return { values: checked.data, findings: [] };
    return { findings: explain(schema, tree, checked.error.issues) };
  } catch (error) {
    // zod lets the error of a transform through that throws instead of adding an issue. The place is not known then.
    if (!(error instanceof FairleadError)) throw error;
    return { findings: [{ path: [], message: error.message, isAboutKey: true }] };
  }
}

function replaceAll(
  value: unknown,
  path: Path,
  lookUp: LookUp,
  add: (path: Path, message: string) => void,
): unknown {
  if (typeof value === "string") {
    const { text, problems } = substitute(value, lookUp);
    for (const problem of problems) add(path, problem);
    return text;
  }
  if (Array.isArray(value))
    return value.map((inner, index) => replaceAll(inner, [...path, index], lookUp, add));
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, replaceAll(inner, [...path, key], lookUp, add)]),
  );
}

function applyOverrides(
  tree: Tree,
  overrides: readonly EnvironmentOverride[],
  lookUp: LookUp,
  issues: ConfigIssue[],
): { tree: Tree; origins: Map<string, string> } {
  const origins = new Map<string, string>();
  let changed = tree;
  for (const { variable, path } of overrides) {
    try {
      const value = lookUp(variable);
      if (value === undefined || value === "") continue;
      changed = withValue(changed, path, value);
      origins.set(formatPath(path), variable);
    } catch (error) {
      issues.push({ path: formatPath(path), message: toError(error).message, variable });
    }
  }
  return { tree: changed, origins };
}

function withValue(tree: unknown, [step, ...rest]: Path, value: unknown): Tree {
  const key = String(step);
  const base = isTree(tree) ? tree : {};
  const inner = rest.length === 0 ? value : withValue(Object.hasOwn(base, key) ? base[key] : {}, rest, value);
  return { ...base, [key]: inner };
}

/**
 * Reads the file and checks it.
 *
 * @param options.file undefined: no file, every key has its default
 * @throws {ConfigError} CONFIG_UNREADABLE when the file cannot be read, CONFIG_INVALID
 */
export function loadConfig<Schema extends z.ZodType>(
  options: Omit<ParseConfigOptions<Schema>, "text" | "source" | "readFile"> & {
    readonly file: string | undefined;
  },
): LoadedConfig<z.output<Schema>> {
  const { file } = options;
  const read = (path: string) => readFileSync(path, "utf8");
  let text: string | undefined;
  try {
    if (file !== undefined) text = read(file);
  } catch (error) {
    const issue = { path: "", message: `cannot be read: ${toError(error).message}` };
    throw new ConfigError("CONFIG_UNREADABLE", String(file), [issue], error);
  }
  const source = file ?? "the configuration (no file, environment only)";
  return { ...parseConfig({ ...options, text, source, readFile: read }), file };
}
