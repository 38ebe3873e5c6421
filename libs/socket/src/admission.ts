import { readFileSync } from "node:fs";
import { type Clock, firstReservedDescriptor, openFilesLimit, RateLimiter } from "@fairlead/core";
import { type AddressPolicy, createAddressPolicy } from "./address-policy.ts";
import type { SocketAddress } from "./connection.ts";
import type { AdmissionOptions, ListenOptions, RefusalReason } from "./listener.ts";
import { checkLimit } from "./system-errors.ts";

let reserved: number | undefined;

/** Read once: Node raises the limit at its start as far as it may. */
function firstReserved(): number {
  if (reserved !== undefined) return reserved;
  let limits: string | undefined;
  try {
    limits = readFileSync("/proc/self/limits", "utf8");
  } catch {
    // macOS has no /proc.
  }
  reserved = firstReservedDescriptor(openFilesLimit(limits));
  return reserved;
}

/** Decides which connections are accepted, and counts those that are open. */
export class Admission {
  readonly refused: Record<RefusalReason, number> = {
    connections: 0,
    "connections-per-address": 0,
    "open-files": 0,
    "accept-rate": 0,
    denied: 0,
    draining: 0,
  };
  isDraining = false;
  #count = 0;
  readonly #countByHost = new Map<string, number>();
  readonly #clock: Clock | undefined;
  #maxConnections!: number;
  #maxPerAddress!: number;
  #policy!: AddressPolicy;
  #rate: RateLimiter | undefined;

  /** @throws {SocketError} BAD_OPTION */
  constructor(options: ListenOptions) {
    this.#clock = options.clock;
    this.change(options);
  }

  /** Who is in stays in; the accept rate begins anew. @throws {SocketError} BAD_OPTION, and then nothing has changed */
  change(options: AdmissionOptions): void {
    checkLimit("maxConnections", options.maxConnections, 1);
    checkLimit("maxConnectionsPerAddress", options.maxConnectionsPerAddress, 1);
    checkLimit("acceptRatePerSecond", options.acceptRatePerSecond, 1);
    checkLimit("acceptBurst", options.acceptBurst, 1);
    const policy = createAddressPolicy(options.allow, options.deny);
    const perSecond = options.acceptRatePerSecond;
    this.#rate =
      perSecond === undefined
        ? undefined
        : new RateLimiter(perSecond, options.acceptBurst ?? perSecond, this.#clock);
    this.#policy = policy;
    this.#maxConnections = options.maxConnections;
    this.#maxPerAddress = options.maxConnectionsPerAddress;
  }

  /**
   * Counts the connection in and returns undefined, or returns (and counts) the reason of the refusal.
   * @param descriptor of the connection; undefined where it is not known
   */
  enter({ family, host }: SocketAddress, descriptor?: number): RefusalReason | undefined {
    const reason = this.#refuse(family, host, descriptor);
    if (reason !== undefined) {
      this.refused[reason]++;
      return reason;
    }
    this.#count++;
    if (family !== "unix") this.#countByHost.set(host, (this.#countByHost.get(host) ?? 0) + 1);
    return undefined;
  }

  leave({ family, host }: SocketAddress): void {
    this.#count--;
    if (family === "unix") return;
    const left = (this.#countByHost.get(host) ?? 0) - 1;
    if (left > 0) this.#countByHost.set(host, left);
    else this.#countByHost.delete(host);
  }

  /** The rate is checked last, so that a connection that is refused for another reason takes no permit. */
  #refuse(
    family: SocketAddress["family"],
    host: string,
    descriptor: number | undefined,
  ): RefusalReason | undefined {
    if (this.isDraining) return "draining";
    if (family !== "unix" && !this.#policy.isAllowed(host)) return "denied";
    if (this.#count >= this.#maxConnections) return "connections";
    if (family !== "unix" && (this.#countByHost.get(host) ?? 0) >= this.#maxPerAddress) {
      return "connections-per-address";
    }
    if (descriptor !== undefined && descriptor >= firstReserved()) return "open-files";
    return this.#rate !== undefined && this.#rate.take() > 0 ? "accept-rate" : undefined;
  }
}
