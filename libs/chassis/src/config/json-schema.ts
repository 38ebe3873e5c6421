import { z } from "zod";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Text that `${NAME}` will replace stands where the final value is a number, a size or true and false. */
const reference: JsonSchema = { type: "string", pattern: "\\$\\{" };

/** The JSON Schema (draft 2020-12) of a configuration file, for editors: what a person may write, with every sentence. */
export function configJsonSchema(schema: z.ZodType, title: string): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      const needsText =
        jsonSchema.type === "integer" ||
        jsonSchema.type === "number" ||
        jsonSchema.type === "boolean" ||
        (jsonSchema.type === "string" && (jsonSchema.pattern !== undefined || jsonSchema.enum !== undefined));
      if (!needsText) return;
      const { description, default: fallback, examples, ...rest } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      Object.assign(jsonSchema, { anyOf: [rest, reference] });
      for (const [key, value] of Object.entries({ description, default: fallback, examples })) {
        if (value !== undefined) jsonSchema[key] = value;
      }
    },
  });
  return { title, ...json };
}

/** Paths of keys that have no sentence, groups of keys left out: a test of every service's section expects none. */
export function undescribedKeys(schema: z.ZodType): string[] {
  const found: string[] = [];
  const walk = (json: JsonSchema | boolean | undefined, path: string) => {
    if (typeof json !== "object") return;
    for (const [key, inner] of Object.entries(json.properties ?? {})) {
      const at = path === "" ? key : `${path}.${key}`;
      // A const is the discriminator of a union: its options are described, not it.
      const needsSentence = typeof inner === "object" && inner.const === undefined && !inner.properties;
      if (needsSentence && !inner.description) found.push(at);
      walk(inner, at);
    }
    for (const inner of [...(json.anyOf ?? []), ...(json.oneOf ?? []), ...(json.allOf ?? [])])
      walk(inner, path);
    if (!Array.isArray(json.items)) walk(json.items as JsonSchema | undefined, `${path}[]`);
    walk(json.additionalProperties as JsonSchema | undefined, `${path}.*`);
  };
  walk(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }), "");
  return found;
}
