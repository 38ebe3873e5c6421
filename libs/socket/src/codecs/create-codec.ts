import { unreachable } from "@fairlead/core";
import type { Codec } from "../codec.ts";
import { asciiSizeCodec } from "./ascii-size.ts";
import { fixedCodec } from "./fixed.ts";
import { jsonCodec } from "./json.ts";
import { lengthPrefixCodec } from "./length-prefix.ts";
import { linesCodec } from "./lines.ts";
import { mllpCodec } from "./mllp.ts";
import { netstringCodec } from "./netstring.ts";
import { octetCountingCodec } from "./octet-counting.ts";
import { type CodecOptions, codecNames } from "./options.ts";
import { rawCodec } from "./raw.ts";
import { stxEtxCodec } from "./stx-etx.ts";
import { requireChoice, requireLimits } from "./validate.ts";
import { varintCodec } from "./varint.ts";

/** @throws {FairleadError} BAD_CODEC when an option is missing or impossible */
export function createCodec(options: CodecOptions): Codec {
  requireChoice("name", options.name, codecNames);
  requireLimits(options);
  switch (options.name) {
    case "lines":
      return linesCodec(options);
    case "fixed":
      return fixedCodec(options);
    case "length-prefix":
      return lengthPrefixCodec(options);
    case "varint":
      return varintCodec(options);
    case "netstring":
      return netstringCodec(options);
    case "octet-counting":
      return octetCountingCodec(options);
    case "ascii-size":
      return asciiSizeCodec(options);
    case "mllp":
      return mllpCodec(options);
    case "stx-etx":
      return stxEtxCodec(options);
    case "json":
      return jsonCodec(options);
    case "raw":
      return rawCodec(options);
    default:
      return unreachable(options);
  }
}
