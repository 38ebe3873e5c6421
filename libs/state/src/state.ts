/** A lease that is held. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Grows with every acquisition of this name: whoever writes with an older one is refused (fencing token). */
  readonly fence: number;
  /** Milliseconds since the epoch, by the store's clock. */
  readonly expiresAtMs: number;
}

/** At most one live holder per name. */
export interface Leases {
  /** The lease, or undefined while another holder has it. The holder itself may acquire again: the fence grows. */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | undefined>;
  /** The lease with its new expiry, or undefined when it is no longer this holder's with this fence. */
  renew(lease: Lease, ttlMs: number): Promise<Lease | undefined>;
  /** True when it was held with this fence. A repeat says the same until somebody acquires the name. */
  release(lease: Lease): Promise<boolean>;
}

export type IdempotencyClaim =
  /** First seen: the caller does the work and calls `complete`, or `abandon` when it failed without effect. */
  | { readonly status: "claimed" }
  /** Somebody is at it. */
  | { readonly status: "pending" }
  /** Done before: the outcome that was recorded. */
  | { readonly status: "completed"; readonly outcome: string }
  /** The key was used for another request. */
  | { readonly status: "mismatch" };

/** A request that is sent twice takes effect once. */
export interface Idempotency {
  /** @param digest of the request: a repeat with another one is a mismatch. @param claimId of the caller: repeating with
   *  the same one is safe when the reply was lost */
  claim(key: string, digest: string, claimId: string, ttlMs: number): Promise<IdempotencyClaim>;
  /** @param outcome at most 64 KiB of text, kept for `ttlMs` from now. False when the claim is no longer
   *  the caller's, or was completed with another outcome */
  complete(key: string, claimId: string, outcome: string, ttlMs: number): Promise<boolean>;
  /** The key is free again. False when the claim is no longer the caller's, or completed. */
  abandon(key: string, claimId: string): Promise<boolean>;
}

export interface RateLimitDecision {
  readonly isAllowed: boolean;
  /** 0 when allowed. */
  readonly retryAfterMs: number;
  /** Whole permits left at once after this call. */
  readonly remaining: number;
}

/** Shared rate limits by the generic cell rate algorithm. */
export interface RateLimits {
  /** @param callId of the caller: repeating with the same one takes no second permit */
  take(key: string, ratePerSecond: number, burst: number, callId: string): Promise<RateLimitDecision>;
}

export interface PresentConnection {
  readonly id: string;
  readonly instance: string;
  /** Small JSON: remote address, listener, since when. */
  readonly info: Readonly<Record<string, string | number>>;
}

/**
 * Who is connected where. An instance that stops beating disappears with all its connections; when it beats again they
 * are back. What an instance says of its own connections is taken also while the store is away, and brought to it by
 * the first beat that reaches it; questions fail then.
 */
export interface Presence {
  /** Says that the instance lives; it is gone `ttlMs` after the last beat. */
  beat(instance: string, ttlMs: number): Promise<void>;
  /** Many at once: the batch is the unit. Repeating is harmless. */
  join(instance: string, connections: readonly PresentConnection[]): Promise<void>;
  leave(instance: string, ids: readonly string[]): Promise<void>;
  find(id: string): Promise<PresentConnection | undefined>;
  /** In order of id, after `after`, at most `limit`. */
  list(options: { after?: string; limit: number }): Promise<readonly PresentConnection[]>;
  /** Adds a connection that is present to a room; the membership ends with the connection. */
  enter(room: string, id: string): Promise<void>;
  exit(room: string, id: string): Promise<void>;
  members(room: string, options: { after?: string; limit: number }): Promise<readonly PresentConnection[]>;
}

/** Expiring JSON values. */
export interface Values {
  /** @param value at most 64 KiB as JSON */
  set(key: string, value: unknown, ttlMs: number): Promise<void>;
  get(key: string): Promise<unknown>;
  /** True when it was there: of callers that delete the same value, one at most hears true. */
  delete(key: string): Promise<boolean>;
}

export interface StateHealth {
  readonly isAvailable: boolean;
  /** Sentences for an operator; empty when all is well. */
  readonly problems: readonly string[];
}

/**
 * Shared state of all instances. Nothing is kept without an expiry. Every operation is safe to repeat.
 * Every operation may throw {StateError} STATE_UNAVAILABLE (retryable: it may or may not have happened), STATE_CLOSED,
 * INVALID_ARGUMENT, VALUE_TOO_LARGE (keys, names and ids: 1 KiB; values and outcomes: 64 KiB).
 */
export interface State extends AsyncDisposable {
  readonly leases: Leases;
  readonly idempotency: Idempotency;
  readonly rateLimits: RateLimits;
  readonly presence: Presence;
  readonly values: Values;
  health(): StateHealth;
}
