import { isIPv4, isIPv6 } from "node:net";

const none = Buffer.alloc(0);

/** The same source sends many datagrams. Parsing its text for each of them would cost more than the record. */
const remembered = new Map<string, Buffer>();
const maxRemembered = 4_096;

/** The 4 or 16 bytes of an address in network order; none for a text that is no IP address. An IPv6 zone is cut off. */
export function addressBytes(host: string): Buffer {
  const known = remembered.get(host);
  if (known) return known;
  const bytes = isIPv4(host) ? ipv4Bytes(host) : isIPv6(host) ? ipv6Bytes(host) : none;
  if (remembered.size >= maxRemembered) remembered.clear();
  remembered.set(host, bytes);
  return bytes;
}

function ipv4Bytes(host: string): Buffer {
  return Buffer.from(host.split(".").map(Number));
}

function ipv6Bytes(host: string): Buffer {
  const text = host.split("%")[0]!;
  const bytes = Buffer.alloc(16);
  // RFC 4291, 2.2: groups of 16 bits, "::" for a run of zeros, the last 32 bits possibly as IPv4.
  const [head, tail] = text.split("::") as [string, string?];
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  before.forEach((group, index) => void bytes.writeUInt16BE(group, index * 2));
  after.forEach((group, index) => void bytes.writeUInt16BE(group, 16 - (after.length - index) * 2));
  return bytes;
}

function groups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a, b, c, d] = group.split(".").map(Number) as [number, number, number, number];
    return [(a << 8) | b, (c << 8) | d];
  });
}

/** The reverse of `addressBytes`, in the canonical form of RFC 5952. @param bytes 4 or 16 of them */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const words = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2));
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && words[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = words.map((word) => word.toString(16));
  const isMapped = best.start === 0 && best.length === 5 && words[5] === 0xffff;
  if (isMapped) return `::ffff:${bytes.subarray(12).join(".")}`;
  if (best.length < 2) return hex.join(":");
  return `${hex.slice(0, best.start).join(":")}::${hex.slice(best.start + best.length).join(":")}`;
}
