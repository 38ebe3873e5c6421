import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { type Clock, type Logger, systemClock, toError } from "@fairlead/core";
import { z } from "zod";
import { ConfigError } from "../config/errors.ts";
import { parseConfig } from "../config/load.ts";
import { section } from "../config/value-types.ts";

/** The sender of a request. */
export interface Principal {
  /** The name of the token; "loopback" where no token is needed. */
  readonly name: string;
  /** The scopes of the token. "admin" stands for all. */
  readonly scopes: readonly string[];
}

export function mayUse(principal: Principal, scope: string): boolean {
  return principal.scopes.includes(scope) || principal.scopes.includes("admin");
}

export type Authentication =
  | { readonly status: "known"; readonly principal: Principal }
  | { readonly status: "expired" }
  | { readonly status: "unknown" };

/** Finds the owner of a bearer token. */
export interface Tokens {
  authenticate(token: string): Promise<Authentication>;
}

interface Entry {
  readonly principal: Principal;
  readonly digest: Buffer;
  readonly expiresAtMs: number;
}

const fileSchema = section({
  tokens: z
    .array(
      section({
        name: z.string().min(1).max(64).describe("Who it is for; stands in the log."),
        sha256: z
          .string({ error: "must be the SHA-256 of the token, in hex: printf %s TOKEN | sha256sum" })
          .regex(
            /^[0-9a-fA-F]{64}$/,
            "must be the SHA-256 of the token, 64 hex digits: printf %s TOKEN | sha256sum",
          )
          .meta({ writeOnly: true })
          .describe("SHA-256 of the token in hex, so that whoever reads the file still cannot use it."),
        scopes: z
          .array(z.string().regex(/^(admin|[a-z]+:(read|write))$/, 'must be like "events:read", or "admin"'))
          .min(1)
          .describe('What it may do; "admin": everything.'),
        expires: z.iso
          .datetime({ offset: true, error: 'must be a time like "2027-01-31T00:00:00Z"' })
          .optional()
          .describe("Not valid from then on. Default: never ends."),
      }),
    )
    .min(1, "must have at least one token")
    .max(1_000)
    .describe("The tokens."),
});

/** @throws {ConfigError} with every error of the file */
export function parseTokens(text: string, source: string): readonly Entry[] {
  const readFile = () => "";
  const { values } = parseConfig({ schema: fileSchema, text, source, env: {}, readFile });
  return values.tokens.map(({ name, sha256, scopes, expires }) => ({
    principal: { name, scopes },
    digest: Buffer.from(sha256, "hex"),
    expiresAtMs: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires),
  }));
}

/** A new token, 256 random bits as text, and the entry of the tokens file for that token. */
export function createToken(): { readonly token: string; readonly sha256: string } {
  const token = `fl_${randomBytes(32).toString("base64url")}`;
  return { token, sha256: digestOf(token).toString("hex") };
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/**
 * The file is checked for a change at most this often. An event stream checks its token too, so that a change is seen within a
 * second.
 */
const recheckMs = 500;

/** Whoever can write the file can give himself every scope. */
function whyNotTrusted(mode: number): string | undefined {
  if ((mode & 0o022) === 0) return undefined;
  return `can be written by others (mode ${(mode & 0o777).toString(8)}), must be written by its owner only: chmod go-w it`;
}

/**
 * The tokens of a file. A file that has changed is read again. Where a changed file is wrong or missing, the tokens stay as they
 * were and the log says so: a typing error must neither lock everybody out nor let anybody in.
 *
 * @throws {ConfigError} when the file cannot be used at the start, also when others can write it
 */
export async function openTokens(path: string, options: { logger: Logger; clock?: Clock }): Promise<Tokens> {
  const clock = options.clock ?? systemClock;
  const stampOf = async () => {
    const { mtimeMs, ctimeMs, size, ino, mode } = await stat(path);
    return { stamp: `${mtimeMs} ${ctimeMs} ${size} ${ino}`, problem: whyNotTrusted(mode) };
  };
  let stamp = "";
  let entries: readonly Entry[] = [];
  const read = async () => {
    const next = await stampOf();
    if (next.stamp === stamp) return false;
    // The stamp is kept first, so that a wrong file is reported once and not at every request.
    stamp = next.stamp;
    if (next.problem !== undefined)
      throw new ConfigError("CONFIG_INVALID", path, [{ path: "", message: next.problem }]);
    entries = parseTokens(await readFile(path, "utf8"), path);
    return true;
  };
  try {
    await read();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const issue = { path: "", message: `cannot be read: ${toError(error).message}` };
    throw new ConfigError("CONFIG_UNREADABLE", path, [issue], error);
  }

  let checkedAt = clock.monotonicMs();
  let checking: Promise<void> | undefined;
  const refresh = async () => {
    try {
      if (await read()) options.logger.info({ path, tokens: entries.length }, "tokens read again");
    } catch (error) {
      options.logger.error({ path, err: toError(error) }, "cannot read the tokens again: the old ones stay");
    } finally {
      checkedAt = clock.monotonicMs();
      checking = undefined;
    }
  };

  return {
    async authenticate(token) {
      if (clock.monotonicMs() - checkedAt >= recheckMs) checking ??= refresh();
      if (checking) await checking;
      const digest = digestOf(token);
      // Every entry is compared in constant time, so that the time says nothing about the entries.
      const found = entries.filter((entry) => timingSafeEqual(entry.digest, digest))[0];
      if (found === undefined) return { status: "unknown" };
      if (clock.nowMs() >= found.expiresAtMs) return { status: "expired" };
      return { status: "known", principal: found.principal };
    },
  };
}
