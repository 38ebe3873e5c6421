/**
 * Layer 1: TCP, Unix-stream and UDP sockets, read by pulling and bounded everywhere; framing codecs.
 *
 * @module
 */
export { type AddressPolicy, createAddressPolicy } from "./address-policy.ts";
export { bindUdp } from "./bind-udp.ts";
export type { Codec, Decoder, FrameBatch, OversizePolicy } from "./codec.ts";
export { type CodecName, type CodecOptions, codecNames, createCodec, type Delimiter } from "./codecs/mod.ts";
export type {
  AddressFamily,
  CloseReason,
  Connection,
  ConnectionTimeLimits,
  SocketAddress,
} from "./connection.ts";
export { dialTcp, dialUnix } from "./dial.ts";
export { FramingError, type FramingErrorCode, SocketError, type SocketErrorCode } from "./errors.ts";
export { bindUnixDatagram, listenTcp, listenUnix } from "./listen.ts";
export type {
  ConnectionOptions,
  ConnectionSet,
  DialOptions,
  DialTcpOptions,
  DialUnixOptions,
  ListenerStats,
  ListenOptions,
  ListenTcpOptions,
  ListenUnixOptions,
  RefusalReason,
  StreamListener,
} from "./listener.ts";
export type {
  BindUdpOptions,
  DatagramBatch,
  ReceiveBuffer,
  UdpMulticastOptions,
  UdpSocket,
  UdpStats,
  UdpTarget,
} from "./udp.ts";
