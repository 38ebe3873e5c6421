/**
 * Layer 5: a typed client of a running Fairlead: events with resume, lines over TCP with acknowledgements, datagrams. The commands
 * that use the client are in `@fairlead/client/cli`.
 *
 * @module
 */
export { ClientError, ProblemResponse } from "./errors.ts";
export { type HttpOptions, request } from "./http.ts";
export { lineBatchOf, readLineBatches } from "./line-batches.ts";
export { sendDatagrams } from "./send-datagrams.ts";
export { sendLines } from "./send-lines.ts";
export { tailEvents } from "./tail-events.ts";
