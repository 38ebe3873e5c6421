/** Turns what the running thing says of itself into the generated parts of docs/reference. Pure. */

export interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

/** A table of keys for each section of the configuration. */
export function configurationReference(schema: JsonSchema): string {
  const { properties = {} } = schema;
  const plain = Object.entries(properties).filter(([, section]) => section.properties === undefined);
  const parts = [
    table(
      keyHead,
      plain.flatMap(([key, section]) => keyRows(section, key)),
    ),
  ];
  for (const [name, section] of Object.entries(properties)) {
    if (section.properties === undefined) continue;
    const rows = Object.entries(section.properties).flatMap(([key, inner]) => keyRows(inner, key));
    parts.push(`## ${name}`);
    if (section.description) parts.push(section.description);
    parts.push(rows.length > 0 ? table(keyHead, rows) : "Has no keys.");
  }
  return parts.join("\n\n");
}

const keyHead = ["key", "default", "what"] as const;

function keyRows(schema: JsonSchema, path: string, isRequired = false): string[][] {
  const inner = innerRows(schema, path);
  const words = [schema.description, choices(schema)].filter(Boolean).join(" ");
  if (inner.length > 0 && words === "") return inner;
  return [[`\`${path}\``, isRequired ? "(must be given)" : defaultText(schema), words], ...inner];
}

function innerRows(schema: JsonSchema, path: string): string[][] {
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([key, inner]) =>
      inner.const === undefined ? keyRows(inner, `${path}.${key}`, isRequired(schema, key, inner)) : [],
    );
  }
  if (schema.items) return innerRows(schema.items, `${path}[]`);
  return variantRows(
    (schema.oneOf ?? schema.anyOf ?? []).filter((option) => option.properties),
    path,
  );
}

/** Kinds of the same thing: what all of them have stands once, then what each has of its own. */
function variantRows(variants: readonly JsonSchema[], path: string): string[][] {
  const [first] = variants;
  const key = Object.entries(first?.properties ?? {}).find(([, inner]) => inner.const !== undefined)?.[0];
  if (first === undefined || key === undefined)
    return variants.flatMap((variant) => innerRows(variant, path));
  const isShared = (name: string, inner: JsonSchema) =>
    variants.every((variant) => JSON.stringify(variant.properties?.[name]) === JSON.stringify(inner));
  const pick = (variant: JsonSchema, wantShared: boolean): JsonSchema => ({
    ...variant,
    properties: Object.fromEntries(
      Object.entries(variant.properties ?? {}).filter(
        ([name, inner]) => isShared(name, inner) === wantShared,
      ),
    ),
  });
  const kinds = variants.map((variant) => variant.properties?.[key]?.const);
  const described = variants.map((variant) => variant.properties?.[key]).find((one) => one?.description);
  const fallback = variants.map((variant) => variant.properties?.[key]?.default).find(Boolean);
  const words = [described?.description, `One of ${kinds.map((kind) => `\`${kind}\``).join(", ")}.`];
  return [
    [
      `\`${path}.${key}\``,
      fallback === undefined ? "(must be given)" : `\`${fallback}\``,
      words.filter(Boolean).join(" "),
    ],
    ...innerRows(pick(first, true), path),
    ...variants.flatMap((variant, index) =>
      innerRows(pick(variant, false), path).map(([name = "", fallback = "", words = ""]) => [
        name,
        fallback,
        `(${kinds[index]}) ${words}`,
      ]),
    ),
  ];
}

const isRequired = (parent: JsonSchema, key: string, inner: JsonSchema) =>
  inner.default === undefined && (parent.required ?? []).includes(key);

function defaultText({ default: value }: JsonSchema): string {
  if (value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0))
    return "";
  return typeof value === "object" ? "(see its description)" : `\`${value}\``;
}

function choices({ enum: values, anyOf = [] }: JsonSchema): string {
  const all = values ?? anyOf.find((option) => option.enum)?.enum;
  return all ? `One of ${all.map((value) => `\`${value}\``).join(", ")}.` : "";
}

export interface Metric {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** A table of our own metrics. */
export function metricsReference(metrics: readonly Metric[]): string {
  const rows = metrics
    .map(({ name, kind, labels, help }) => [
      `\`${name}\``,
      kind,
      labels.map((label) => `\`${label}\``).join(", "),
      help,
    ])
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  return table(["metric", "kind", "labels", "what"], rows);
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
  }[];
  readonly responses?: Readonly<Record<string, { readonly description?: string }>>;
}

/** A section for each route of the OpenAPI document. */
export function apiReference({ paths }: OpenApi): string {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  return routes.map(({ path, method, operation }) => routeReference(path, method, operation)).join("\n\n");
}

function routeReference(path: string, method: string, operation: Operation): string {
  const { summary = "", description, parameters = [], responses = {} } = operation;
  const parts = [
    `### ${method.toUpperCase()} ${path}`,
    [`${summary}.`, description].filter(Boolean).join(" "),
  ];
  if (parameters.length > 0) {
    const rows = parameters.map((one) => [`\`${one.name}\``, one.in, one.description ?? ""]);
    parts.push(table(["parameter", "in", "what"], rows));
  }
  // `default` is the problem that the head of the page is about, the same for every route.
  const rows = Object.entries(responses)
    .filter(([status]) => status !== "default")
    .map(([status, { description: words = "" }]) => [status, words]);
  parts.push(table(["status", "what"], rows));
  return parts.join("\n\n");
}
