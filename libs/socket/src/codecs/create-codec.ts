import { FairleadError } from "@fairlead/core";
import type { Codec } from "../codec.ts";
import type { CodecOptions } from "./options.ts";

/** @throws {FairleadError} BAD_CODEC when an option is missing, impossible or unknown */
export function createCodec(options: CodecOptions): Codec {
  throw new FairleadError("BAD_CODEC", `Cannot create codec ${options.name}`);
}
