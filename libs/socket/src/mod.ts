/**
 * Layer 2: TCP, Unix-stream and UDP sockets, read by pulling and bounded everywhere, and framing codecs.
 *
 * @module
 */
export { createAddressPolicy } from "./address-policy.ts";
export { bindUdp } from "./bind-udp.ts";
export type { Codec, FrameBatch } from "./codec.ts";
export {
  type CodecName,
  type CodecOptions,
  codecNames,
  createCodec,
  type Delimiter,
  refuseHttp,
} from "./codecs/mod.ts";
export type { CloseReason, Connection, ConnectionTimeLimits, SocketAddress } from "./connection.ts";
export { dialTcp, dialUnix } from "./dial.ts";
export { FramingError, type FramingErrorCode, SocketError } from "./errors.ts";
export { bindUnixDatagram, listenTcp, listenUnix } from "./listen.ts";
export type { AdmissionOptions, ListenOptions, RefusalReason, StreamListener } from "./listener.ts";
export { isOwnUdpSocket } from "./own-udp-sockets.ts";
export type { DatagramBatch, ReceiveBuffer, UdpSocket, UdpStats } from "./udp.ts";
