import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface PortOwner {
  readonly pid: number;
  /** Command name, as ps shows it. */
  readonly command: string;
}

/**
 * The process that holds a port, read from /proc (proc(5)). Undefined where there is no /proc (macOS), or where the process
 * belongs to another user and we are not root.
 * @param proc the mount point of proc
 */
export function findPortOwner(protocol: "tcp" | "udp", port: number, proc = "/proc"): PortOwner | undefined {
  const inodes = new Set(
    [protocol, `${protocol}6`].flatMap((table) => inodesOf(`${proc}/net/${table}`, protocol, port)),
  );
  if (inodes.size === 0) return undefined;
  for (const pid of list(proc).filter((name) => /^\d+$/.test(name))) {
    for (const fd of list(`${proc}/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`${proc}/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) {
        return { pid: Number(pid), command: read(`${proc}/${pid}/comm`).trim() };
      }
    }
  }
  return undefined;
}

/** Lines of /proc/net/tcp: `sl local_address rem_address st ... inode`; 0A is LISTEN. UDP has no such state. */
function inodesOf(table: string, protocol: "tcp" | "udp", port: number): string[] {
  return read(table)
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const isPort = Number.parseInt(fields[1]?.split(":")[1] ?? "", 16) === port;
      return isPort && (protocol === "udp" || fields[3] === "0A") ? [fields[9] ?? ""] : [];
    });
}

/** Processes come and go meanwhile, so what cannot be read counts as empty. */
function orEmpty<T>(look: () => T, empty: T): T {
  try {
    return look();
  } catch {
    return empty;
  }
}

const list = (path: string) => orEmpty(() => readdirSync(path), []);
const read = (path: string) => orEmpty(() => readFileSync(path, "utf8"), "");
const link = (path: string) => orEmpty(() => readlinkSync(path), "");
