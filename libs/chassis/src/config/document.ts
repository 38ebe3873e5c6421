import { toError } from "@fairlead/core";
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  type YAMLError,
} from "yaml";
import { ConfigError, type ConfigIssue } from "./errors.ts";

/** The longest configuration file, in characters: more than people write, and little memory. */
const maxTextLength = 1024 * 1024;
const maxDepth = 64;

export type Path = readonly PropertyKey[];
export type Tree = Readonly<Record<string, unknown>>;

/** A parsed configuration file: its values, and the place of each value. */
export interface ConfigDocument {
  readonly tree: Tree;
  /** The place of the value at the path, or of the nearest value around that path. Lines and columns count from 1. */
  placeOf(path: Path): { line: number; column: number } | undefined;
  /** The place of a key itself. */
  placeOfKey(path: Path): { line: number; column: number } | undefined;
}

/** @throws {ConfigError} CONFIG_INVALID with every syntax error */
export function parseConfigDocument(text: string, source: string): ConfigDocument {
  const fail = (issues: readonly ConfigIssue[], cause?: unknown) =>
    new ConfigError("CONFIG_INVALID", source, issues, cause);
  if (text.length > maxTextLength) {
    throw fail([{ path: "", message: `has ${text.length} characters, must have at most ${maxTextLength}` }]);
  }
  const lines = new LineCounter();
  let document: Document.Parsed;
  let value: unknown;
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      version: "1.2",
      logLevel: "error",
    });
    const errors = [...document.errors, ...document.warnings];
    if (errors.length > 0) {
      throw fail(
        errors.map((error) => ({ path: "", message: wordsOf(error), ...place(lines, error.pos[0]) })),
      );
    }
    value = document.toJS();
    checkDepth(value, 0);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    // The parser recurses: very deep nesting overflows the stack. Too many aliases, or one without its anchor, raise a
    // ReferenceError.
    throw fail(
      [{ path: "", message: `cannot be read as YAML: ${withoutSource(toError(error).message)}` }],
      error,
    );
  }
  if (value !== null && value !== undefined && !isTree(value)) {
    throw fail([{ path: "", message: "must be a map of sections, like `http:` with its keys below" }]);
  }
  return {
    tree: value ?? {},
    placeOf: (path) => place(lines, offsetOf(document, path)),
    placeOfKey: (path) => place(lines, keyOffset(document, path) ?? offsetOf(document, path)),
  };
}

function wordsOf({ code, message }: YAMLError): string {
  if (code === "TAG_RESOLVE_FAILED") return "a tag is not known: text that begins with ! needs quotes";
  return withoutSource(message);
}

/** The parser puts the text that it does not understand behind a colon. That may be a secret: "*pass" is an alias. */
function withoutSource(message: string): string {
  return message.replace(/(?<=\S): .*$/s, "");
}

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Refuses values that are nested too deeply, an alias that holds itself among them. */
function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > maxDepth) throw new RangeError(`it is nested deeper than ${maxDepth} levels`);
  for (const inner of Object.values(value)) checkDepth(inner, depth + 1);
}

function place(lines: LineCounter, offset: number | undefined): { line: number; column: number } | undefined {
  if (offset === undefined) return undefined;
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function nodeAt(document: Document.Parsed, path: Path): unknown {
  let node: unknown = document.contents;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (node === null || typeof node !== "object" || !("get" in node)) return undefined;
    const get = node.get as (key: unknown, keepScalar: true) => unknown;
    node = get.call(node, step, true);
  }
  return node;
}

function offsetOf(document: Document.Parsed, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = nodeAt(document, path.slice(0, length));
    if (isNode(node) && node.range) {
      // A map begins at its first key. For a person the name of the map is the better place.
      if (length > 0 && isMap(node)) return keyOffset(document, path.slice(0, length)) ?? node.range[0];
      return node.range[0];
    }
  }
  return undefined;
}

function keyOffset(document: Document.Parsed, path: Path): number | undefined {
  let parent = nodeAt(document, path.slice(0, -1));
  if (isAlias(parent)) parent = parent.resolve(document);
  if (!isMap(parent)) return undefined;
  const key = String(path.at(-1));
  const pair = parent.items.find(
    (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key,
  );
  return pair !== undefined && isNode(pair.key) ? pair.key.range?.[0] : undefined;
}
