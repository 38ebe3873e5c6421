/**
 * Development only: what tests need to hurt a program that stands on sockets. Starts processes and real servers on free
 * ports and cleans up after them, breaks connections, splits byte streams.
 *
 * @module
 */
export { findBinary } from "./binaries.ts";
export { cutAnywhere } from "./cut-anywhere.ts";
export { eventually, within } from "./deadline.ts";
export { type TemporaryDirectory, temporaryDirectory } from "./directory.ts";
export { faultRounds, isLongFaultRun } from "./fault-rounds.ts";
export {
  namespaceInterface,
  networkNamespaceMissing,
  runInNetworkNamespace,
} from "./network-namespace.ts";
export { type ReceivedSpan, startOtlpCollector } from "./otlp.ts";
export { freePort } from "./port.ts";
export { type StartedProcess, startProcess } from "./process.ts";
export { startProxy } from "./proxy.ts";
export { rabbitMissing, startRabbit, type TestRabbit } from "./rabbit.ts";
export { randomBytesOf } from "./random-bytes.ts";
export { exchange, RawClient } from "./raw-client.ts";
export { runReadmeExample } from "./readme.ts";
export { redisMissing, startRedis, type TestRedis } from "./redis.ts";
export { skipOrFail } from "./skip.ts";
export { smallDisk } from "./small-disk.ts";
export { splits } from "./splits.ts";
