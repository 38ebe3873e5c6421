/** The checks of listeners that all services share. */
import { z } from "zod";
import { isLoopback } from "../http/access.ts";
import type { CrossCheck } from "./cross-check.ts";

/** The name of a listener. All services have one rule, because the name is a label of metrics and a part of event sources. */
export function listenerName() {
  const error = "must be 1 to 40 of a-z, 0-9 and hyphen, beginning with a letter";
  return z.string({ error }).regex(/^[a-z][a-z0-9-]{0,39}$/, { error });
}

/**
 * Refuses a public address without `allow`. Such a listener asks for no token, so its configuration must name those who may
 * send.
 */
export function checkPublicAddress(
  listener: { readonly host?: string | undefined; readonly allow?: readonly unknown[] | undefined },
  { refuse }: CrossCheck,
): void {
  const { host, allow } = listener;
  if (host === undefined || isLoopback(host) || allow !== undefined) return;
  refuse(
    ["allow"],
    `${host} is not loopback, so say which addresses may send ("0.0.0.0/0" and "::/0" for all)`,
  );
}

/** @param listeners as far as they parsed, below the key `listeners` */
export function checkNames(
  listeners: readonly ({ readonly name?: string | undefined } | undefined)[],
  { refuse }: CrossCheck,
): void {
  const names = new Set<string>();
  for (const [index, { name } = {}] of listeners.entries()) {
    if (name === undefined) continue;
    if (names.has(name)) refuse(["listeners", index, "name"], "another listener has this name");
    names.add(name);
  }
}
