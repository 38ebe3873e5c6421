import assert from "node:assert/strict";
import { test } from "node:test";
import { byteByByte, decode, split } from "../../test/splitting.ts";
import { createCodec } from "./create-codec.ts";
import type { CodecOptions } from "./options.ts";
import { refuseHttp } from "./refuse-http.ts";

const cap = { maxFrameBytes: 64 * 1024, oversize: "drop" } as const;
const codecs: readonly CodecOptions[] = [
  { name: "lines", ...cap },
  { name: "raw", ...cap },
  { name: "stx-etx", ...cap },
  { name: "mllp", ...cap },
  { name: "fixed", frameBytes: 3, ...cap },
];
const body = "a\nb\n\u0002c\u0003\u000bd\u001c\r";
const requests = [
  `POST / HTTP/1.1\r\nHost: 127.0.0.1:7001\r\n\r\n${body}`,
  "GET /x?y=1 HTTP/1.1\r\n\r\n",
  "GET http://127.0.0.1:7001/ HTTP/1.0\n\n",
  "OPTIONS * HTTP/1.1\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  `POST /${"x".repeat(100_000)} HTTP/1.1\r\n\r\n${body}`,
];

for (const options of codecs) {
  test(`refuseHttp() of ${options.name} gives no frame of an HTTP request, however it is cut behind its method`, () => {
    const codec = refuseHttp(createCodec(options));
    for (const request of requests) {
      const bytes = Buffer.from(request);
      for (const cut of [9, 12, 20, 5_000, bytes.length]) {
        const { frames, error } = decode(codec, [bytes.subarray(0, cut), bytes.subarray(cut)]);
        assert.deepEqual(frames, []);
        assert.equal(error, "HTTP_REFUSED");
      }
    }
  });
}

test("refuseHttp() of lines refuses a request also when each byte comes alone", () => {
  const { frames, error } = decode(
    refuseHttp(createCodec(codecs[0]!)),
    byteByByte(Buffer.from(requests[0]!)),
  );
  assert.deepEqual([frames, error], [[], "HTTP_REFUSED"]);
});

for (const text of [
  "GET temperature\nGET /x HTTP/1.1\n",
  "GET /state\nnext\n",
  "POST\n",
  "P",
  "GET ",
  "POST /x",
  "",
  "get / HTTP/1.1\n",
  "\nPOST / HTTP/1.1\n",
]) {
  test(`refuseHttp() passes ${JSON.stringify(text)} on as the codec gives it, however it is cut`, () => {
    const codec = createCodec(codecs[0]!);
    const bytes = Buffer.from(text);
    const { maxHeldBytes: _, ...expected } = decode(codec, [bytes]);
    for (const chunks of [[bytes], byteByByte(bytes), split(bytes, [2]), split(bytes, [5])]) {
      const { maxHeldBytes: __, ...found } = decode(refuseHttp(codec), chunks);
      assert.deepEqual(found, expected);
    }
  });
}
