import { resolve } from "node:path";
import { bytes, duration, serverUrl } from "@fairlead/chassis";
import type { OpenStateOptions } from "@fairlead/state";
import { z } from "zod";

const redisUrl = serverUrl(
  ["redis:", "rediss:"],
  "redis://[user[:password]@]host[:port][/database], or rediss:// for TLS",
  { allowsQuery: false },
);

/** The section `state` of the configuration. */
export const stateConfigSchema = z.strictObject({
  sqlite: z
    .strictObject({
      file: z.string().min(1).default("state.db").describe("State file; relative to the data directory"),
      maxBytes: bytes("256MiB").describe(
        "Size of the state file at most; further writes are refused until rows expire",
      ),
    })
    .prefault({}),
  redis: z
    .strictObject({
      url: redisUrl.describe("Address of Redis, FAIRLEAD_REDIS_URL. TLS with rediss://"),
      passwordFile: z.string().optional().describe("File with the password; goes before one in the URL"),
      caFile: z.string().optional().describe("PEM file of the authorities that may sign Redis' certificate"),
      certFile: z.string().optional().describe("PEM file of our certificate, where Redis asks for one"),
      keyFile: z.string().optional().describe("PEM file of the key of our certificate"),
      commandTimeout: duration("1s").describe(
        "A command without a reply for so long has failed, and so has its connection",
      ),
      operationTimeout: duration("2s").describe("An operation, with what is repeated of it, at most"),
      connectTimeout: duration("5s").describe("Dialling, TLS and login at most"),
      maxReconnectDelay: duration("2s").describe("Longest pause between two attempts to connect"),
    })
    .optional()
    .describe("Shared state in Redis instead of the state file; needed by more than one process"),
});

export type StateConfig = z.output<typeof stateConfigSchema>;

/** The options of `openState` that the section stands for. */
export function stateOptions({ sqlite, redis }: StateConfig, dataDir: string): OpenStateOptions {
  const file = { file: resolve(dataDir, sqlite.file), maxBytes: sqlite.maxBytes };
  if (redis === undefined) return file;
  const { commandTimeout, operationTimeout, connectTimeout, maxReconnectDelay, ...address } = redis;
  const limits = {
    commandTimeoutMs: commandTimeout,
    operationTimeoutMs: operationTimeout,
    connectTimeoutMs: connectTimeout,
    maxReconnectDelayMs: maxReconnectDelay,
  };
  return { ...file, redis: { ...address, ...limits } };
}
