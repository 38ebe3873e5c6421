import { crc32 } from "node:zlib";

/** Over what a consumer is given. */
export const crcOf = (id: string, headers: string, body: Uint8Array): number =>
  crc32(body, crc32(`${id}\n${headers}`));
