import type { FrameBatch } from "../codec.ts";
import { FramingError } from "../errors.ts";

export function frameTooLarge(maxFrameBytes: number, frames?: FrameBatch, lostBytes = 0): FramingError {
  return new FramingError(
    "FRAME_TOO_LARGE",
    `Cannot read frame: it is over the cap of ${maxFrameBytes} bytes`,
    {
      data: { maxFrameBytes },
      lostBytes,
      ...(frames && { frames }),
    },
  );
}

export function frameInvalid(state: string): FramingError {
  return new FramingError("FRAME_INVALID", `Cannot read frame: ${state}`);
}

export function frameIncomplete(heldBytes: number): FramingError {
  return new FramingError("FRAME_INCOMPLETE", `Cannot read frame: the stream ended inside it`, {
    data: { heldBytes },
  });
}

export function frameUnencodable(state: string): FramingError {
  return new FramingError("FRAME_UNENCODABLE", `Cannot write frame: ${state}`);
}

/** The error of a decoder that has failed. Such a decoder takes nothing more. */
export function decoderFailed(): FramingError {
  return frameInvalid("the decoder has failed before and does not know where a frame begins");
}
