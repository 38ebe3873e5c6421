import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { firstReservedDescriptor, openFilesLimit } from "@fairlead/core";

/** Connections beyond the limit that may be there at once, for probes. */
const probeRoom = 32;
/** A client that takes nothing for so long while the server drains is cut off. */
const stalledMs = 2_000;

/**
 * The connections of a server. Up to the limit they are for everybody. A few more are for probes: whoever keeps all others busy must
 * not make the process look dead. The oldest of these gives way to the next, so that silence holds no place.
 */
export class HttpConnections {
  readonly #regular = new Set<Socket>();
  readonly #probes = new Set<Socket>();
  readonly #maxConnections: number;
  readonly #onRefused: () => void;
  readonly #firstReserved = firstReservedDescriptor(openFilesLimit(readLimits()), 0.5);

  /** @param onRefused called for a connection that found no place, and was not used by a probe */
  constructor(server: Server, maxConnections: number, onRefused: () => void) {
    this.#maxConnections = maxConnections;
    this.#onRefused = onRefused;
    // One that gives way is counted by Node until its descriptor is closed.
    server.maxConnections = maxConnections + 2 * probeRoom;
    server.on("connection", (socket) => this.#enter(socket));
    server.on("drop", onRefused);
  }

  /** True for a connection on which only probes are answered. */
  isForProbes(socket: Socket): boolean {
    return this.#probes.has(socket);
  }

  /** Counts and closes a connection for probes on which something else was asked. */
  refuse(): void {
    this.#onRefused();
  }

  /** Cuts off clients that do not take what is written to them, until disposed. */
  cutStalled(): Disposable {
    let before = new Map<Socket, number>();
    const timer = setInterval(() => {
      const now = new Map<Socket, number>();
      for (const socket of [...this.#regular, ...this.#probes]) {
        const waiting = socket.writableLength;
        if (waiting > 0 && before.get(socket) === waiting) socket.destroy();
        else now.set(socket, waiting);
      }
      before = now;
    }, stalledMs / 2);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  #enter(socket: Socket): void {
    const isRegular = this.#regular.size < this.#maxConnections && !this.#isNearLimit(socket);
    const room = isRegular ? this.#regular : this.#probes;
    room.add(socket);
    socket.once("close", () => room.delete(socket));
    if (this.#probes.size <= probeRoom) return;
    const [oldest] = this.#probes;
    this.#onRefused();
    if (oldest) this.#probes.delete(oldest);
    oldest?.destroy();
  }

  /** Near the limit of open files, Node would close connections without a word to us. */
  #isNearLimit(socket: Socket): boolean {
    const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
    return (handle?.fd ?? 0) >= this.#firstReserved;
  }
}

function readLimits(): string | undefined {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    // macOS has no /proc.
    return undefined;
  }
}
