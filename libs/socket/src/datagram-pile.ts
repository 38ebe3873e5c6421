import { internetAddress } from "./address.ts";
import type { SocketAddress } from "./connection.ts";
import type { DatagramBatch } from "./udp.ts";

/** Microseconds since the epoch at performance.now() = 0; moved when the wall clock was. */
let originMicros = performance.timeOrigin * 1_000;

function nowMicros(): number {
  return Math.floor(originMicros + performance.now() * 1_000);
}

/** Follows the wall clock where it went another way by more than its own resolution. */
function realign(): void {
  const driftMicros = Date.now() * 1_000 - nowMicros();
  if (Math.abs(driftMicros) > 2_000) originMicros += driftMicros;
}

/**
 * Datagrams that wait. Columns instead of an object for each: adding one makes nothing but what Node made already, and
 * addresses become objects only when somebody asks for them.
 */
export class DatagramPile implements DatagramBatch {
  payloadBytes = 0;
  readonly #payloads: Buffer[] = [];
  readonly #hosts: string[] = [];
  readonly #ports: number[] = [];
  readonly #micros: number[] = [];

  get count(): number {
    return this.#payloads.length;
  }

  add(payload: Buffer, host: string, port: number): void {
    if (this.#payloads.length === 0) realign();
    this.#payloads.push(payload);
    this.#hosts.push(host);
    this.#ports.push(port);
    this.#micros.push(nowMicros());
    this.payloadBytes += payload.length;
  }

  payload(index: number): Buffer {
    return this.#payloads[index]!;
  }

  source(index: number): SocketAddress {
    return internetAddress(this.#hosts[index]!, this.#ports[index]!);
  }

  receivedAtMicros(index: number): number {
    return this.#micros[index]!;
  }
}
