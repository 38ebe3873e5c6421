import { type ErrorData, FairleadError } from "@fairlead/core";
import type { FrameBatch } from "./codec.ts";

export type SocketErrorCode =
  | "ADDRESS_IN_USE"
  | "ADDRESS_UNAVAILABLE"
  | "PERMISSION_DENIED"
  | "NAME_NOT_FOUND"
  | "CONNECTION_REFUSED"
  | "CONNECTION_RESET"
  | "CONNECTION_CLOSED"
  | "UNREACHABLE"
  | "TIMED_OUT"
  | "UNEXPECTED_END"
  | "LINE_TOO_LONG"
  | "SEND_BUFFER_FULL"
  | "ALREADY_READING"
  | "BAD_OPTION"
  | "DATAGRAM_TOO_LARGE"
  | "UNSUPPORTED"
  | "SOCKET_FAILED";

/** A socket operation that failed. The system's own error, where there is one, is the `cause`. */
export class SocketError extends FairleadError {
  declare readonly code: SocketErrorCode;
}

export type FramingErrorCode =
  | "FRAME_TOO_LARGE"
  | "FRAME_INVALID"
  | "FRAME_INCOMPLETE"
  | "FRAME_UNENCODABLE"
  | "HTTP_REFUSED";

/** Bytes that a codec cannot frame, or a frame over the cap with the policy `close`. */
export class FramingError extends FairleadError {
  declare readonly code: FramingErrorCode;
  /** The frames that were complete before the error of a decoder. */
  readonly frames: FrameBatch | undefined;
  /** Bytes that the decoder had taken and that are in no frame. */
  readonly lostBytes: number;

  constructor(
    code: FramingErrorCode,
    message: string,
    options: { data?: ErrorData; frames?: FrameBatch; lostBytes?: number } = {},
  ) {
    super(code, message, options.data ? { data: options.data } : {});
    this.frames = options.frames;
    this.lostBytes = options.lostBytes ?? 0;
  }
}
