/** An end of a socket. For a Unix socket `host` is its path. */
export interface Address {
  readonly family?: string | undefined;
  readonly host: string;
  readonly port: number;
}

/** "192.0.2.1:514", "[2001:db8::1]:514", "unix:/run/x.sock" */
export function formatAddress({ family, host, port }: Address): string {
  if (family === "unix") return `unix:${host.replace("\0", "@")}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The reverse of `formatAddress` for an IP address or a host name with its port; undefined for any other text. */
export function parseAddress(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) return undefined;
  return { host: (match[1] ?? match[2])!, port };
}
