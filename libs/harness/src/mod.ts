/**
 * Development only: what tests need to hurt a program that stands on sockets. Starts processes and real servers on free
 * ports and cleans up after them, breaks connections, splits byte streams.
 *
 * @module
 */
export { findBinary } from "./binaries.ts";
export { atProcessEnd } from "./cleanup.ts";
export { cutAnywhere } from "./cut-anywhere.ts";
export { eventually, within } from "./deadline.ts";
export { type TemporaryDirectory, temporaryDirectory } from "./directory.ts";
export { faultRounds } from "./fault-rounds.ts";
export {
  namespaceInterface,
  networkNamespaceMissing,
  runInNetworkNamespace,
} from "./network-namespace.ts";
export {
  type OtlpCollector,
  type OtlpCollectorOptions,
  type ReceivedSpan,
  startOtlpCollector,
} from "./otlp.ts";
export { freePort } from "./port.ts";
export {
  type ProcessExit,
  type StartedProcess,
  type StartProcessOptions,
  startProcess,
  type WaitOptions,
} from "./process.ts";
export { type FaultProxy, type ProxyMode, startProxy } from "./proxy.ts";
export { rabbitMissing, type StartRabbitOptions, startRabbit, type TestRabbit } from "./rabbit.ts";
export { randomBytesOf } from "./random-bytes.ts";
export { exchange, RawClient } from "./raw-client.ts";
export { runReadmeExample } from "./readme.ts";
export { redisMissing, type StartRedisOptions, startRedis, type TestRedis } from "./redis.ts";
export type { TestServer } from "./server-process.ts";
export { skipOrFail } from "./skip.ts";
export { type SmallDisk, type SmallDiskResult, smallDisk } from "./small-disk.ts";
export { splits } from "./splits.ts";
