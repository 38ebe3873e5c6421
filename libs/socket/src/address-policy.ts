import { BlockList } from "node:net";
import { addressFamily, unmapAddress } from "./address.ts";
import { SocketError } from "./errors.ts";

/** The remote addresses that may connect. The policy is pure: the two lists alone decide. */
export interface AddressPolicy {
  /** @param host an IP address as `SocketAddress.host` has it */
  isAllowed(host: string): boolean;
}

/**
 * Refuses a host that is in `deny`, else allows a host that is in `allow`. Without `allow` every other host is allowed.
 *
 * @param allow addresses and CIDR ranges: "10.0.0.0/8", "::1", "::ffff:10.0.0.0/104" (the same range as the first)
 * @throws {SocketError} BAD_OPTION for an entry that is neither, and for an empty `allow`
 */
export function createAddressPolicy(allow?: readonly string[], deny: readonly string[] = []): AddressPolicy {
  if (allow?.length === 0) {
    throw new SocketError("BAD_OPTION", "Cannot allow nobody: leave `allow` out to allow every address");
  }
  const allowed = allow && blockList(allow);
  const denied = blockList(deny);
  return {
    isAllowed: (host) => !contains(denied, host) && (allowed === undefined || contains(allowed, host)),
  };
}

function contains(list: BlockList, host: string): boolean {
  // A zone ("fe80::1%eth0") is no part of the address.
  const address = unmapAddress(host.split("%", 1)[0]!);
  const family = addressFamily(address);
  return family !== undefined && list.check(address, family);
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [text = "", bits, ...more] = entry.trim().split("/");
    const address = unmapAddress(text);
    const family = addressFamily(address);
    const width = family === "ipv4" ? 32 : 128;
    // The prefix of a mapped range counts the 96 bits in front of the IPv4 address.
    const prefix = bits === undefined ? width : Number(bits) - (address === text ? 0 : 96);
    const isWhole = bits === undefined || /^\d{1,3}$/.test(bits);
    if (!family || address.includes("%") || more.length > 0 || !isWhole || prefix < 0 || prefix > width) {
      throw new SocketError(
        "BAD_OPTION",
        `Cannot use address range ${JSON.stringify(entry)}: write an IP address or a range like "10.0.0.0/8" or "fd00::/8"`,
      );
    }
    list.addSubnet(address, prefix, family);
  }
  return list;
}
