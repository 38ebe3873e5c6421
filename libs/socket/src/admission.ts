import { RateLimiter } from "@fairlead/core";
import { type AddressPolicy, createAddressPolicy } from "./address-policy.ts";
import type { SocketAddress } from "./connection.ts";
import type { ListenOptions, RefusalReason } from "./listener.ts";
import { checkLimit } from "./system-errors.ts";

/** Decides who may come in, and counts who is in. */
export class Admission {
  readonly refused: Record<RefusalReason, number> = {
    connections: 0,
    "connections-per-address": 0,
    "accept-rate": 0,
    denied: 0,
    draining: 0,
  };
  isDraining = false;
  #count = 0;
  readonly #countByHost = new Map<string, number>();
  readonly #maxConnections: number;
  readonly #maxPerAddress: number;
  readonly #policy: AddressPolicy;
  readonly #rate: RateLimiter | undefined;

  /** @throws {SocketError} BAD_OPTION */
  constructor(options: ListenOptions) {
    checkLimit("maxConnections", options.maxConnections, 1);
    checkLimit("maxConnectionsPerAddress", options.maxConnectionsPerAddress, 1);
    checkLimit("acceptRatePerSecond", options.acceptRatePerSecond, 1);
    checkLimit("acceptBurst", options.acceptBurst, 1);
    this.#maxConnections = options.maxConnections;
    this.#maxPerAddress = options.maxConnectionsPerAddress;
    this.#policy = createAddressPolicy(options.allow, options.deny);
    const perSecond = options.acceptRatePerSecond;
    if (perSecond !== undefined) {
      this.#rate = new RateLimiter(perSecond, options.acceptBurst ?? perSecond, options.clock);
    }
  }

  /** Counts the connection in and returns undefined, or says (and counts) why not. */
  enter({ family, host }: SocketAddress): RefusalReason | undefined {
    const reason = this.#refuse(family, host);
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

  /** The rate comes last: who is turned away for another reason takes nothing from it. */
  #refuse(family: SocketAddress["family"], host: string): RefusalReason | undefined {
    if (this.isDraining) return "draining";
    if (family !== "unix" && !this.#policy.isAllowed(host)) return "denied";
    if (this.#count >= this.#maxConnections) return "connections";
    if (family !== "unix" && (this.#countByHost.get(host) ?? 0) >= this.#maxPerAddress) {
      return "connections-per-address";
    }
    return this.#rate !== undefined && this.#rate.take() > 0 ? "accept-rate" : undefined;
  }
}
