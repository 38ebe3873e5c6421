/**
 * Layer 2: a typed client of a running Fairlead: events with resume, lines over TCP with acknowledgements, datagrams.
 * The commands on top of it are in `@fairlead/client/cli`.
 *
 * @module
 */
export {
  ClientError,
  type ClientErrorCode,
  connectionFailure,
  ProblemResponse,
} from "./errors.ts";
export { type HttpOptions, type RequestOptions, request } from "./http.ts";
export { type LineBatch, lineBatchOf, readLineBatches } from "./line-batches.ts";
export { type DatagramProgress, type SendDatagramsOptions, sendDatagrams } from "./send-datagrams.ts";
export { type SendLinesOptions, type SendProgress, sendLines } from "./send-lines.ts";
export { type TailEventsOptions, type TailedEvent, tailEvents } from "./tail-events.ts";
