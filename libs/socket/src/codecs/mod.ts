/**
 * Framing: bytes to frames and back, without any input or output.
 *
 * @module
 */
export { createCodec } from "./create-codec.ts";
export { type CodecName, type CodecOptions, codecNames, type Delimiter } from "./options.ts";
export { refuseHttp } from "./refuse-http.ts";
