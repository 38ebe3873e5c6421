/** A lease that a holder has. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** The fencing token, which grows with every acquisition of the name. A store refuses a write with an older fence. */
  readonly fence: number;
  /** Milliseconds since the epoch, by the store's clock. */
  readonly expiresAtMs: number;
}

/** At most one live holder per name. */
export interface Leases {
  /** The lease, or undefined while another holder has the name. The holder itself may acquire again, and the fence grows. */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | undefined>;
  /** The lease with its new expiry, or undefined when this holder no longer has the lease with this fence. */
  renew(lease: Lease, ttlMs: number): Promise<Lease | undefined>;
  /** True when the lease was held with this fence. A repeat gives the same answer until another acquisition of the name. */
  release(lease: Lease): Promise<boolean>;
}

export type IdempotencyClaim =
  /** The key is new. The caller does the work and calls `complete`, or `abandon` when the work failed without effect. */
  | { readonly status: "claimed" }
  /** Another claim has the key, and its work is not finished. */
  | { readonly status: "pending" }
  /** The work was done before. `outcome` is the recorded one. */
  | { readonly status: "completed"; readonly outcome: string }
  /** The key was used for another request. */
  | { readonly status: "mismatch" };

/** A request that is sent twice takes effect once. */
export interface Idempotency {
  /**
   * @param digest the digest of the request: a repeat with another digest is a mismatch. @param claimId the id of the caller: a
   *   repeat with the same id is safe when the reply was lost
   */
  claim(key: string, digest: string, claimId: string, ttlMs: number): Promise<IdempotencyClaim>;
  /**
   * @param outcome at most 64 KiB of text, kept for `ttlMs` from now. @returns false when the caller no longer has the claim, or
   *   the claim was completed with another outcome
   */
  complete(key: string, claimId: string, outcome: string, ttlMs: number): Promise<boolean>;
  /** Frees the key. False when the caller no longer has the claim, or the claim was completed. */
  abandon(key: string, claimId: string): Promise<boolean>;
}

export interface RateLimitDecision {
  readonly isAllowed: boolean;
  /** The milliseconds after which a call would be allowed; 0 when this call is. */
  readonly retryAfterMs: number;
  /** The whole permits that are left after this call. */
  readonly remaining: number;
}

/** Shared rate limits by the generic cell rate algorithm. */
export interface RateLimits {
  /** @param callId the id of the call: a repeat with the same id takes no second permit */
  take(key: string, ratePerSecond: number, burst: number, callId: string): Promise<RateLimitDecision>;
}

export interface PresentConnection {
  readonly id: string;
  readonly instance: string;
  /** Small JSON: the remote address, the listener, the time of the connect. */
  readonly info: Readonly<Record<string, string | number>>;
}

/**
 * The connections of all instances. An instance that stops beating disappears with its connections, and comes back with them when
 * the instance beats again. Changes of an instance's own connections are taken also while the store is away: the first beat that
 * reaches the store brings these changes. Questions fail while the store is away.
 */
export interface Presence {
  /** Says that the instance lives. The instance disappears `ttlMs` after its last beat. */
  beat(instance: string, ttlMs: number): Promise<void>;
  /** Adds connections in one batch. A repeat is harmless. */
  join(instance: string, connections: readonly PresentConnection[]): Promise<void>;
  leave(instance: string, ids: readonly string[]): Promise<void>;
  find(id: string): Promise<PresentConnection | undefined>;
  /** The connections in order of id, behind `after`, at most `limit` of them. */
  list(options: { after?: string; limit: number }): Promise<readonly PresentConnection[]>;
  /** Adds a present connection to a room. The membership ends with the connection. */
  enter(room: string, id: string): Promise<void>;
  exit(room: string, id: string): Promise<void>;
  members(room: string, options: { after?: string; limit: number }): Promise<readonly PresentConnection[]>;
}

/** Expiring JSON values. */
export interface Values {
  /** @param value at most 64 KiB as JSON */
  set(key: string, value: unknown, ttlMs: number): Promise<void>;
  get(key: string): Promise<unknown>;
  /** True when the key had a value. Of several callers that delete the same value, at most one gets true. */
  delete(key: string): Promise<boolean>;
}

export interface StateHealth {
  readonly isAvailable: boolean;
  /** Sentences for an operator. Empty when all is well. */
  readonly problems: readonly string[];
}

/**
 * Shared state of all instances. Nothing is kept without an expiry. Every operation is safe to repeat. Every operation may throw
 * {StateError} STATE_UNAVAILABLE (retryable: the operation may or may not have happened), STATE_CLOSED, INVALID_ARGUMENT,
 * VALUE_TOO_LARGE (keys, names and ids: 1 KiB; values and outcomes: 64 KiB).
 */
export interface State extends AsyncDisposable {
  readonly leases: Leases;
  readonly idempotency: Idempotency;
  readonly rateLimits: RateLimits;
  readonly presence: Presence;
  readonly values: Values;
  health(): StateHealth;
}
