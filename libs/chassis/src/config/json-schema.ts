import { z } from "zod";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** A text with `${NAME}` is allowed in the place of a number, a size or true and false. */
const reference: JsonSchema = { type: "string", pattern: "\\$\\{" };

/**
 * The JSON Schema (draft 2020-12) of a configuration file, for editors: everything that a person may write, with the
 * description of each key.
 */
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
