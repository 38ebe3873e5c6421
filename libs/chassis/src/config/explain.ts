import type { z } from "zod";
import { isTree, type Path } from "./document.ts";
import { nearMiss } from "./near-miss.ts";
import { keysAt } from "./schema.ts";

type Issue = z.core.$ZodIssue;

/** A finding of zod in words, at the deepest place that has a name. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  /** True when the path ends in a key that should not be there. The error then shows the place of the key and no value. */
  readonly isAboutKey: boolean;
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of keys",
  record: "a map of keys",
};

/** Words for the issues for which a schema has no words of its own. zod takes this map at each parse. */
export const configWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${kinds[issue.expected] ?? issue.expected}`;
    case "too_small":
      return `must be ${issue.inclusive === false ? "above" : "at least"} ${issue.minimum}${unitOf(issue.origin)}`;
    case "too_big":
      return `must be ${issue.inclusive === false ? "below" : "at most"} ${issue.maximum}${unitOf(issue.origin)}`;
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "invalid_union":
      return "options" in issue && Array.isArray(issue.options)
        ? `must be one of ${issue.options.map((option) => JSON.stringify(option)).join(", ")}`
        : undefined;
    case "invalid_format":
      return issue.format === "regex" ? `must match ${issue.pattern}` : `must be a valid ${issue.format}`;
    default:
      return undefined;
  }
};

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" || origin === "set" ? " entries" : "";
}

/** @param value the value that was checked, for "did you mean" @param schema the schema of the whole value */
export function explain(
  schema: z.ZodType,
  value: unknown,
  issues: readonly Issue[],
  base: Path = [],
): Finding[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      const known = keysAt(schema, path);
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: known.includes(key)
          ? "has no effect here: it belongs to another kind"
          : `is not known${didYouMean(key, known) || `; known here: ${known.join(", ")}`}`,
        isAboutKey: true,
      }));
    }
    if (issue.code === "invalid_union" && "errors" in issue && issue.errors.length > 0) {
      return explainUnion(schema, value, issue.errors, path, issue.message);
    }
    const words: readonly unknown[] =
      issue.code === "invalid_value" ? issue.values : "options" in issue ? (issue.options ?? []) : [];
    const found = valueAt(value, path);
    const texts = words.filter((word) => typeof word === "string");
    const hint = typeof found === "string" ? didYouMean(found, texts) : "";
    return [{ path, message: `${issue.message}${hint}`, isAboutKey: false }];
  });
}

/** Explains the options of a union whose values parsed furthest: most likely one of these was meant. */
function explainUnion(
  schema: z.ZodType,
  value: unknown,
  options: readonly (readonly Issue[])[],
  path: Path,
  message: string,
): Finding[] {
  const reach = (issues: readonly Issue[]) => Math.max(...issues.map((issue) => issue.path.length), 0);
  const furthest = Math.max(...options.map(reach));
  const best = options.filter((issues) => reach(issues) === furthest);
  if (furthest > 0 && best[0] !== undefined) return explain(schema, value, best[0], path);
  const all = options.flatMap((issues) => explain(schema, value, issues, path).map((one) => one.message));
  return [{ path, message: [...new Set(all)].join(", or ") || message, isAboutKey: false }];
}

function didYouMean(word: string, known: readonly string[]): string {
  const near = nearMiss(word, known);
  return near === undefined ? "" : `; did you mean ${near}?`;
}

/** The value at a path. Only own properties count: a path such as ["constructor"] finds nothing. */
export function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const step of path) {
    if (Array.isArray(current) && typeof step === "number") current = current[step];
    else if (isTree(current) && Object.hasOwn(current, step)) current = current[String(step)];
    else return undefined;
  }
  return current;
}

/** A value as an error shows it: short, on one line. */
export function showValue(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isTree(value)) return "a map";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
