import { isIP } from "node:net";
import { formatBytes, formatDurationMs, parseBytes, parseDurationMs } from "@fairlead/core";
import { z } from "zod";

/** Bounds of a size or duration, written like the values themselves: `{ min: "1KiB", max: "1GiB" }`. */
export interface UnitLimits {
  readonly min?: string;
  readonly max?: string;
}

interface Unit {
  readonly name: string;
  /** The first that is within the limits is shown. */
  readonly examples: readonly string[];
  /** The pattern in the JSON Schema, for editors. */
  readonly pattern: string;
  readonly parse: (text: string) => number;
  readonly format: (value: number) => string;
}

const size: Unit = {
  name: "size",
  examples: ["64KiB", "64MiB", "1KiB"],
  pattern: "^\\s*\\d+(\\.\\d+)?\\s*(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)\\s*$",
  parse: parseBytes,
  format: formatBytes,
};

const time: Unit = {
  name: "duration",
  examples: ["5s", "50ms"],
  pattern: "^\\s*\\d+(\\.\\d+)?\\s*(ms|s|m|h|d)\\s*$",
  parse: parseDurationMs,
  format: formatDurationMs,
};

function parseOrNaN(unit: Unit, text: string): number {
  try {
    return unit.parse(text);
  } catch {
    return Number.NaN;
  }
}

function unitType(unit: Unit, limits: UnitLimits) {
  const min = limits.min === undefined ? 1 : unit.parse(limits.min);
  const max = limits.max === undefined ? Number.MAX_SAFE_INTEGER : unit.parse(limits.max);
  const upTo = limits.max === undefined ? "" : ` to "${limits.max}"`;
  const isAllowed = (value: number) => value >= min && value <= max;
  const example = unit.examples.find((text) => isAllowed(unit.parse(text))) ?? unit.format(max);
  const allowed = `a ${unit.name} with its unit, from "${unit.format(min)}"${upTo}, like "${example}"`;
  return z
    .string({ error: () => `must be ${allowed}` })
    .meta({ pattern: unit.pattern, examples: [example] })
    .transform((text, context): number => {
      const value = parseOrNaN(unit, text);
      if (isAllowed(value)) return value;
      context.addIssue({ code: "custom", message: `must be ${allowed}` });
      return z.NEVER;
    });
}

/**
 * A type with its default. `.optional()` would have no effect beside a default, so the type has no such method. Leave the argument
 * out for a type without a default, which can be made optional.
 */
export interface WithDefault<Type extends z.ZodType> extends z.ZodPrefault<Type> {
  readonly optional: never;
}

type Defaulted<Type extends z.ZodType, Fallback> = Fallback extends undefined ? Type : WithDefault<Type>;

function defaulted<Type extends z.ZodType, Fallback>(type: Type, fallback: Fallback | undefined) {
  const schema =
    fallback === undefined ? type : type.prefault(fallback as z.core.util.NoUndefined<z.input<Type>>);
  return schema as Defaulted<Type, Fallback>;
}

/**
 * A size in bytes, written with its unit: "64KiB" -> 65536. The least is 1 byte unless `min` says otherwise: 0 never means
 * "unlimited". Without `fallback` the key must be given, here as in all types below, or be made `.optional()`.
 */
export function bytes<Fallback extends string | undefined = undefined>(
  fallback?: Fallback,
  limits: UnitLimits = {},
) {
  return defaulted(unitType(size, limits), fallback);
}

/** A duration in milliseconds, written with its unit: "1.5s" -> 1500. At least 1 ms unless `min` says otherwise. */
export function duration<Fallback extends string | undefined = undefined>(
  fallback?: Fallback,
  limits: UnitLimits = {},
) {
  return defaulted(unitType(time, limits), fallback);
}

/** Whole numbers may come as text, because `${NAME}` always gives text. */
function wholeNumber(min: number, max: number, error: string) {
  const number = z.int({ error }).min(min, { error }).max(max, { error });
  return z.preprocess(numberFromText, number);
}

function numberFromText(value: unknown): unknown {
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
}

/** A port number, 0 to 65535; 0 lets the system choose a free one. */
export function port<Fallback extends number | undefined = undefined>(fallback?: Fallback) {
  return defaulted(
    wholeNumber(0, 65_535, "must be a port number from 0 to 65535 (0: any free port)"),
    fallback,
  );
}

/** A whole number of things, from 1 (or `min`) to `max`. 0 is refused unless `min` allows 0, because 0 never means "unlimited". */
export function count<Fallback extends number | undefined = undefined>(
  fallback?: Fallback,
  limits: { min?: number; max?: number } = {},
) {
  const { min = 1, max = Number.MAX_SAFE_INTEGER } = limits;
  const upTo = max === Number.MAX_SAFE_INTEGER ? "" : ` to ${max}`;
  return defaulted(wholeNumber(min, max, `must be a whole number from ${min}${upTo}`), fallback);
}

/** A rate for each second, above 0. Fractions are allowed (0.1: one in ten seconds). */
export function ratePerSecond<Fallback extends number | undefined = undefined>(fallback?: Fallback) {
  const error = "must be a number a second above 0";
  return defaulted(z.preprocess(numberFromText, z.number({ error }).positive({ error })), fallback);
}

const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$/;

function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  // A text of digits and dots is a mistyped IPv4 address and no name (RFC 1123, 2.1).
  return hostName.test(text) && !/^[\d.]+$/.test(text);
}

/** A host name (RFC 1123), an IPv4 or an IPv6 address, without a port and without brackets. */
export function host<Fallback extends string | undefined = undefined>(fallback?: Fallback) {
  const error =
    'must be a host name or an IP address, without a port, like "127.0.0.1", "::" or "example.org"';
  return defaulted(z.string({ error }).refine(isHost, { error }), fallback);
}

function isCidr(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** An address range, "10.0.0.0/8" or "fd00::/8"; an address alone stands for itself. */
export function cidr() {
  const error = 'must be an address range like "10.0.0.0/8" or "fd00::/8", or one address';
  return z.string({ error }).refine(isCidr, { error });
}

/** A text that is never shown: `redact` and every error message replace the text. The mark is that of JSON Schema: `writeOnly`. */
export function secret() {
  const type = z.string({ error: "must be text" }).min(1, { error: "must not be empty" });
  return type.meta({ writeOnly: true });
}

/**
 * The address of a server with its user and password, which is never shown. A character of the password that breaks the URL is
 * refused, because a part of the password would become the host, which is shown.
 * @param form "redis://host:port": how the address is written
 */
export function serverUrl(protocols: readonly string[], form: string, { allowsQuery = true } = {}) {
  const error = `must be ${form}; in user, password and path write / ? # @ % as %2F %3F %23 %40 %25`;
  return z
    .string({ error })
    .refine((text) => isServerUrl(text, protocols, allowsQuery), { error })
    .meta({ writeOnly: true });
}

function isServerUrl(text: string, protocols: readonly string[], allowsQuery: boolean): boolean {
  const url = URL.parse(text);
  if (url === null || !protocols.includes(url.protocol)) return false;
  const { username, password, pathname, search, hash } = url;
  if (hash !== "" || (search !== "" && !allowsQuery) || `${pathname}${search}`.includes("@")) return false;
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** true or false. The value may be text, because `${NAME}` always gives text. */
export function flag<Fallback extends boolean | undefined = undefined>(fallback?: Fallback) {
  const parse = (value: unknown) => (value === "true" ? true : value === "false" ? false : value);
  return defaulted(z.preprocess(parse, z.boolean({ error: "must be true or false" })), fallback);
}

/**
 * A group of keys. Unknown keys are errors. An absent group has all its defaults (use `z.strictObject` for a group that must be
 * given).
 */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return defaulted(z.strictObject(shape), {});
}
