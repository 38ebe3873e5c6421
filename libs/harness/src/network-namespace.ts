import { spawnSync } from "node:child_process";
import { findBinary } from "./binaries.ts";
import { startProcess } from "./process.ts";

/** The interface of the namespace, and its address: TEST-NET-1 (RFC 5737) and a link-local one. */
export const namespaceInterface = { name: "test0", ipv4: "192.0.2.1", ipv6: "fe80::1" } as const;

// Both ends of the pair are in the namespace: what is sent leaves it nowhere. An interface of the type dummy would do too,
// but not every kernel has it.
const { name, ipv4, ipv6 } = namespaceInterface;
const setUp = [
  "ip link set lo up",
  `ip link add ${name} type veth peer name test1`,
  `ip link set ${name} addrgenmode none`,
  "ip link set test1 addrgenmode none",
  `ip link set ${name} up`,
  "ip link set test1 up",
  `ip address add ${ipv4}/24 dev ${name}`,
  `ip address add ${ipv6}/64 dev ${name} nodad`,
  'exec "$@"',
].join(" && ");

function inNamespace(command: readonly string[]): string[] {
  // Who is not root may be root in a user namespace, where the machine allows it.
  const user = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  return [...user, "--net", "sh", "-c", setUp, "sh", ...command];
}

/** Why there can be no network namespace here, for `skipOrFail`; undefined when there can. */
export function networkNamespaceMissing(): string | undefined {
  const unshare = findBinary("unshare");
  if (unshare === undefined || findBinary("ip") === undefined)
    return "no network namespaces: needs Linux, unshare and ip";
  const { status, stderr } = spawnSync(unshare, inNamespace(["true"]), { encoding: "utf8" });
  return status === 0
    ? undefined
    : `no permission for a network namespace (${stderr.trim().split("\n").at(-1)})`;
}

/**
 * Runs a script with this node in a network namespace of its own, with `lo` and `namespaceInterface`: whatever it sends,
 * multicast too, reaches nobody else. The script may be tests of node:test.
 * @throws {Error} with all that it wrote, when it does not end with 0
 */
export async function runInNetworkNamespace(script: string): Promise<void> {
  await using child = await startProcess("", {
    command: findBinary("unshare") ?? "unshare",
    args: inNamespace([process.execPath, script]),
    // Else its tests would report to the runner of ours, in a form that nobody reads here.
    env: { NODE_TEST_CONTEXT: undefined },
  });
  const { code, signal } = await child.exited;
  if (code === 0) return;
  const said = [...child.stdout, ...child.stderr].join("\n");
  throw new Error(`Cannot pass ${script} in a network namespace: it ended with ${signal ?? code}\n${said}`);
}
