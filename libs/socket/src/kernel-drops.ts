import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** One line of /proc/net/udp or udp6 (proc_net_udp(5)): the columns that are used here. */
interface UdpRow {
  readonly port: number;
  readonly inode: string;
  readonly drops: number;
}

/** The rows of this process's sockets that are known. Two sockets that share a port must not take the same row. */
const claimed = new Set<string>();

/** Reads the rows of the table. Lines that are no rows are skipped. (Exported for its test.) */
export function parseUdpTable(text: string): UdpRow[] {
  const rows: UdpRow[] = [];
  for (const line of text.split("\n")) {
    const columns = line.trim().split(/\s+/);
    const port = /^[0-9A-F]+:([0-9A-F]{4})$/.exec(columns[1] ?? "")?.[1];
    const inode = columns[9];
    const drops = Number(columns[12]);
    if (port !== undefined && inode !== undefined && Number.isInteger(drops)) {
      rows.push({ port: Number.parseInt(port, 16), inode, drops });
    }
  }
  return rows;
}

function readTable(family: "ipv4" | "ipv6"): UdpRow[] {
  try {
    return parseUdpTable(readFileSync(`/proc/self/net/${family === "ipv4" ? "udp" : "udp6"}`, "latin1"));
  } catch {
    return [];
  }
}

/** Inodes of the sockets that this process has open. */
function ownSocketInodes(): Set<string> {
  const inodes = new Set<string>();
  for (const name of readdirSync("/proc/self/fd")) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${name}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // The descriptor of the directory listing itself is closed by now.
    }
  }
  return inodes;
}

/** The kernel's drop counter of one socket, found by the socket's inode. */
export class KernelDrops {
  readonly #family: "ipv4" | "ipv6";
  readonly #inode: string;
  #last = 0;

  /**
   * The drop counter of the socket that was bound in this turn of the loop: the only unclaimed socket of this process on the port.
   * Undefined where there is no such table (macOS), or where the row is not certain (a socket of another library in this process
   * shares the port).
   */
  static find(family: "ipv4" | "ipv6", port: number): KernelDrops | undefined {
    const rows = readTable(family).filter((row) => row.port === port && !claimed.has(row.inode));
    if (rows.length === 0) return undefined;
    const own = ownSocketInodes();
    const mine = rows.filter((row) => own.has(row.inode));
    return mine.length === 1 ? new KernelDrops(family, mine[0]!.inode) : undefined;
  }

  private constructor(family: "ipv4" | "ipv6", inode: string) {
    this.#family = family;
    this.#inode = inode;
    claimed.add(inode);
  }

  /** Drops since the bind. Once the socket is closed: the last count. */
  read(): number {
    const row = readTable(this.#family).find(({ inode }) => inode === this.#inode);
    if (row !== undefined) this.#last = row.drops;
    return this.#last;
  }

  /**
   * Reads the counter for the last time. To be called right before the close, because the kernel uses the number of an inode
   * again.
   */
  finish(): void {
    this.read();
    claimed.delete(this.#inode);
    this.read = () => this.#last;
  }
}
