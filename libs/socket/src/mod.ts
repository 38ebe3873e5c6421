/**
 * Layer 1: TCP, Unix-stream and UDP sockets, read by pulling and bounded everywhere; framing codecs.
 *
 * @module
 */
import type { Connection } from "./connection.ts";
import type {
  DialTcpOptions,
  DialUnixOptions,
  ListenTcpOptions,
  ListenUnixOptions,
  StreamListener,
} from "./listener.ts";
import type { BindUdpOptions, UdpSocket } from "./udp.ts";

export type { Codec, Decoder, FrameBatch, OversizePolicy } from "./codec.ts";
export type {
  AddressFamily,
  CloseReason,
  Connection,
  ConnectionTimeLimits,
  SocketAddress,
} from "./connection.ts";
export { FramingError, type FramingErrorCode, SocketError, type SocketErrorCode } from "./errors.ts";
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
  RejectReason,
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

export declare function listenTcp(options: ListenTcpOptions): Promise<StreamListener>;
export declare function listenUnix(options: ListenUnixOptions): Promise<StreamListener>;
export declare function dialTcp(options: DialTcpOptions): Promise<Connection>;
export declare function dialUnix(options: DialUnixOptions): Promise<Connection>;
export declare function bindUdp(options: BindUdpOptions): Promise<UdpSocket>;
export declare function bindUnixDatagram(): never;
