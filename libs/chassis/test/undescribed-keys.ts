import { z } from "zod";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Paths of the keys without a description. Groups of keys need none. A test of every section expects no such path. */
export function undescribedKeys(schema: z.ZodType): string[] {
  const found: string[] = [];
  const walk = (json: JsonSchema | boolean | undefined, path: string) => {
    if (typeof json !== "object") return;
    for (const [key, inner] of Object.entries(json.properties ?? {})) {
      const at = path === "" ? key : `${path}.${key}`;
      // A const is the discriminator of a union: the options are described, and not the discriminator.
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
