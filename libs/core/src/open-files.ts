/**
 * The number of descriptors that a process may have open, from the text of /proc/self/limits (proc(5)). Undefined where the text does
 * not say.
 */
export function openFilesLimit(limits: string | undefined): number | undefined {
  const found = /^Max open files\s+(\d+)/m.exec(limits ?? "")?.[1];
  return found === undefined ? undefined : Number(found);
}

/**
 * The lowest descriptor at which a new connection is turned away. open(2) gives the lowest free number, so a number this high says that
 * all below are taken. At the limit itself libuv would accept and close connections without a word to anybody.
 *
 * @param share the part of the reserve that is kept: 1 for the connections of services, less for what watches over them
 */
export function firstReservedDescriptor(limit: number | undefined, share = 1): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  return limit - Math.ceil(Math.min(128, limit / 4) * share);
}
