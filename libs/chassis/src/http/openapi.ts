import { problemSchema } from "@fairlead/contracts";
import { z } from "zod";
import { problemMediaType } from "./problem.ts";
import type { Route, RouteResponse } from "./route.ts";

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  /** The routes, by the path below which they are mounted: "/v1". */
  readonly mounts: readonly { readonly base: string; readonly routes: readonly Route[] }[];
  /** True where routes with a scope need a bearer token. */
  readonly needsTokens: boolean;
}

/** The OpenAPI 3.1 document of the routes. */
export function openApiDocument(options: OpenApiOptions): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const { base, routes } of options.mounts) {
    for (const route of routes) {
      const path = `${base}${route.path}`;
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, options.needsTokens) };
    }
  }
  return {
    openapi: "3.1.1",
    info: {
      title: options.title,
      version: options.version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: {
      schemas: { Problem: schemaOf(problemSchema, "output") },
      responses: {
        Problem: {
          description: "RFC 9457 problem details",
          content: problemContent,
        },
      },
      ...(options.needsTokens ? { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } } : {}),
    },
  };
}

const problemContent: Json = { [problemMediaType]: { schema: { $ref: "#/components/schemas/Problem" } } };

function operation(route: Route, needsTokens: boolean): Json {
  const pathNames = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  const own = Object.entries(route.responses).map(([status, response]) => [
    status,
    { description: response.description, ...contentOf(Number(status), response) },
  ]);
  return {
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.path.split("/")[1]],
    ...(needsTokens && route.scope !== undefined ? { security: [{ bearer: [route.scope] }] } : {}),
    parameters: [...parameters(route.params, "path", pathNames), ...parameters(route.query, "query", [])],
    ...(route.body
      ? {
          requestBody: {
            required: true,
            content: { "application/json": { schema: schemaOf(route.body, "input") } },
          },
        }
      : {}),
    responses: { ...Object.fromEntries(own), default: { $ref: "#/components/responses/Problem" } },
  };
}

/** The content of an answer. A failure without a schema is a problem. */
function contentOf(status: number, { schema, contentType }: RouteResponse): { content?: Json } {
  if (schema || contentType) {
    const media = contentType ?? "application/json";
    return { content: { [media]: { schema: schema ? schemaOf(schema, "output") : {} } } };
  }
  return status >= 400 ? { content: problemContent } : {};
}

/** The parameters of a route. A name in the path that no schema describes is text. */
function parameters(
  schema: z.ZodType | undefined,
  place: "path" | "query",
  names: readonly string[],
): Json[] {
  const json = schema ? schemaOf(schema, "input") : {};
  const properties = (json["properties"] ?? {}) as Record<string, Json>;
  const required = new Set((json["required"] ?? []) as string[]);
  return [...new Set([...names, ...Object.keys(properties)])].map((name) => {
    const { description, ...rest } = properties[name] ?? { type: "string" };
    return {
      name,
      in: place,
      required: place === "path" || required.has(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return json;
}
