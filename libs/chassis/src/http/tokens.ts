/** Who sends a request. */
export interface Principal {
  /** Name of the token; "loopback" where none is needed. */
  readonly name: string;
  readonly scopes: readonly string[];
}
