import { internetAddress } from "./address.ts";
import type { SocketAddress } from "./connection.ts";
import type { DatagramBatch } from "./udp.ts";

/** Microseconds since the epoch at performance.now() = 0. The origin moves when the wall clock was moved. */
let originMicros = performance.timeOrigin * 1_000;

function nowMicros(): number {
  return Math.floor(originMicros + performance.now() * 1_000);
}

/** Moves the origin where the wall clock differs by more than its own resolution. */
function realign(): void {
  const driftMicros = Date.now() * 1_000 - nowMicros();
  if (Math.abs(driftMicros) > 2_000) originMicros += driftMicros;
}

/** The first memory of a pile, in bytes: the size of the pile before, within these bounds. */
const firstBytes = { least: 16 << 10, most: 1 << 20 };

/**
 * Datagrams that wait, in columns and in one piece of memory. The buffer and the address that Node makes for each datagram are
 * released at once. Kept until the batch is done, these objects would move to the old generation, where the garbage collector pays
 * most for them.
 */
export class DatagramPile implements DatagramBatch {
  payloadBytes = 0;
  #bytes: Buffer;
  /** The end of each payload. A payload begins where the payload before ends. */
  readonly #ends: number[] = [];
  readonly #hosts: string[] = [];
  readonly #ports: number[] = [];
  readonly #micros: number[] = [];
  #lastHost = "";

  /** @param before the pile before this one: as many bytes are likely to come again */
  constructor(before?: DatagramPile) {
    const bytes = Math.min(firstBytes.most, before?.payloadBytes ?? 0);
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(firstBytes.least, bytes));
  }

  get count(): number {
    return this.#ends.length;
  }

  add(payload: Buffer, host: string, port: number): void {
    if (this.#ends.length === 0) realign();
    const end = this.payloadBytes + payload.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(payload, this.payloadBytes);
    this.payloadBytes = end;
    this.#ends.push(end);
    if (host !== this.#lastHost) this.#lastHost = host;
    this.#hosts.push(this.#lastHost);
    this.#ports.push(port);
    this.#micros.push(nowMicros());
  }

  payload(index: number): Buffer {
    return this.#bytes.subarray(this.#start(index), this.#ends[index]);
  }

  payloadLength(index: number): number {
    return this.#ends[index]! - this.#start(index);
  }

  source(index: number): SocketAddress {
    return internetAddress(this.#hosts[index]!, this.#ports[index]!);
  }

  receivedAtMicros(index: number): number {
    return this.#micros[index]!;
  }

  #start(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]!;
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.payloadBytes);
    this.#bytes = larger;
  }
}
