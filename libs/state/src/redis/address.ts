import { readFile } from "node:fs/promises";
import { toError } from "@fairlead/core";
import type { RedisOptions } from "ioredis";
import { StateError } from "../errors.ts";

export interface RedisAddressOptions {
  /** redis://[user[:password]@]host[:port][/database], or rediss:// for TLS. */
  url: string;
  /** The file with the password, which goes before a password in the URL. The file is read once, at the start. */
  passwordFile?: string | undefined;
  /** PEM files for TLS: authorities; our certificate and its key. */
  caFile?: string | undefined;
  certFile?: string | undefined;
  keyFile?: string | undefined;
}

export interface RedisAddress {
  /** "host:port", without a secret: for logs and health. */
  readonly where: string;
  readonly options: Pick<RedisOptions, "host" | "port" | "db" | "username" | "password" | "tls">;
}

async function readText(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    const reason = toError(error).message;
    throw new StateError("INVALID_ARGUMENT", `Cannot read ${file} for Redis: ${reason}`, { cause: error });
  }
}

/** @throws {StateError} INVALID_ARGUMENT for a text that is no address, or a file that cannot be read */
export async function readRedisAddress(options: RedisAddressOptions): Promise<RedisAddress> {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
  const database = url?.pathname.replace(/^\//, "") || "0";
  if (
    !url ||
    !["redis:", "rediss:"].includes(url.protocol) ||
    url.hostname === "" ||
    !/^\d+$/.test(database)
  ) {
    throw new StateError(
      "INVALID_ARGUMENT",
      "Cannot use this address of Redis: write redis://host:port/database",
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(url.port || 6379);
  const [filePassword, ca, cert, key] = await Promise.all(
    [options.passwordFile, options.caFile, options.certFile, options.keyFile].map(readText),
  );
  const password = filePassword ?? (url.password === "" ? undefined : decodeURIComponent(url.password));
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  return {
    where: `${url.hostname}:${port}`,
    options: {
      host,
      port,
      db: Number(database),
      ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
      ...(password === undefined ? {} : { password }),
      ...(url.protocol === "rediss:" ? { tls } : {}),
    },
  };
}
