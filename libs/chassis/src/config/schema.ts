import { redactUrlValue } from "@fairlead/core";
import { z } from "zod";
import { isTree } from "./document.ts";

/** The text that replaces a hidden value. */
export const hidden = "***";

/** Names of keys whose text is hidden even where the schema does not mark a secret. The path of a file is no secret. */
const secretName = /(password|passphrase|secret|token|credentials?)$/i;

type AnySchema = z.core.$ZodTypes;

/** The schema without its defaults, optionality and transforms: the schema of what a person writes. */
function unwrap(schema: z.core.$ZodType): { core: AnySchema[]; fallback: unknown; isSecret: boolean } {
  let isSecret = false;
  let fallback: unknown;
  let current = schema as AnySchema;
  for (;;) {
    isSecret ||= z.globalRegistry.get(current)?.["writeOnly"] === true;
    const { def } = current._zod;
    if (def.type === "default" || def.type === "prefault") {
      fallback ??= def.defaultValue;
      current = def.innerType as AnySchema;
    } else if ("innerType" in def) current = def.innerType as AnySchema;
    else if (def.type === "lazy") current = def.getter() as AnySchema;
    else if (def.type === "pipe") {
      // With z.preprocess the schema stands behind the function.
      const first = def.in as AnySchema;
      current = (first._zod.def.type === "transform" ? def.out : first) as AnySchema;
    } else if (def.type === "union") {
      return { core: def.options.flatMap((option) => unwrap(option).core), fallback, isSecret };
    } else return { core: [current], fallback, isSecret };
  }
}

function isOneSecret(schema: z.core.$ZodType): boolean {
  const { core, isSecret } = unwrap(schema);
  return isSecret || core.some((inner) => z.globalRegistry.get(inner)?.["writeOnly"] === true);
}

/** The schemas of the value under a key or index. A union may give several. */
function inner(schema: AnySchema, key: PropertyKey): z.core.$ZodType[] {
  const { def } = schema._zod;
  if (def.type === "object") {
    const own = Object.hasOwn(def.shape, key) ? def.shape[String(key)] : undefined;
    return own ? [own] : def.catchall ? [def.catchall] : [];
  }
  if (def.type === "array") return [def.element];
  if (def.type === "record") return [def.valueType];
  return [];
}

function innerOfAll(schemas: readonly z.core.$ZodType[], key: PropertyKey): z.core.$ZodType[] {
  return schemas.flatMap((schema) => unwrap(schema).core).flatMap((schema) => inner(schema, key));
}

/** The keys that a schema knows at a path. */
export function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let schemas: z.core.$ZodType[] = [schema];
  for (const step of path) schemas = innerOfAll(schemas, step);
  const cores = schemas.flatMap((one) => unwrap(one).core);
  return [
    ...new Set(
      cores.flatMap((one) => (one._zod.def.type === "object" ? Object.keys(one._zod.def.shape) : [])),
    ),
  ];
}

/**
 * A copy with every secret replaced by "***": values that the schema marks (`secret()`, or `.meta({ writeOnly: true })`), values
 * with the name of a secret, and the secrets of URLs.
 */
export function redact(schema: z.core.$ZodType, value: unknown): unknown {
  return redactAny([schema], value, "");
}

function redactAny(schemas: readonly z.core.$ZodType[], value: unknown, name: string): unknown {
  if (value === undefined || value === null) return value;
  if (schemas.some(isOneSecret)) return hidden;
  if (typeof value === "string") return secretName.test(name) ? hidden : redactUrlValue(value);
  if (Array.isArray(value)) {
    const elements = innerOfAll(schemas, 0);
    return value.map((element) => redactAny(elements, element, name));
  }
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [key, redactAny(innerOfAll(schemas, key), held, key)]),
  );
}

/** The complete configuration: the given values, and the defaults of all other keys. */
export function withDefaults(schema: z.core.$ZodType, value: unknown): unknown {
  const { core, fallback } = unwrap(schema);
  const given = value === undefined ? fallback : value;
  const match = core.length === 1 ? core[0] : core.find((option) => z.safeParse(option, given).success);
  const def = match?._zod.def;
  if (def?.type === "array" && Array.isArray(given)) {
    return given.map((element) => withDefaults(def.element, element));
  }
  if (def?.type === "record" && isTree(given)) {
    return mapValues(given, (held) => withDefaults(def.valueType, held));
  }
  if (def?.type !== "object" || !isTree(given)) return given;
  const keys = [...new Set([...Object.keys(def.shape), ...Object.keys(given)])];
  const filled = keys.map((key) => {
    const own = Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
    const held = Object.hasOwn(given, key) ? given[key] : undefined;
    return [key, own ? withDefaults(own, held) : held] as const;
  });
  return Object.fromEntries(filled.filter(([, held]) => held !== undefined));
}

function mapValues(tree: Readonly<Record<string, unknown>>, change: (value: unknown) => unknown) {
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, change(value)]));
}
