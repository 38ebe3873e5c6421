import type { SocketAddress } from "@fairlead/socket";
import type { RawListenerConfig } from "../config.ts";

/** Below are the ports of services. */
const firstUserPort = 1_024;

/**
 * False for a source that would answer our answer: a forged datagram from a service's port, or from another listener like
 * ours, would otherwise start two hosts talking for ever (CERT CA-1996-01).
 */
export function mayReplyTo(sender: SocketAddress, local: SocketAddress): boolean {
  return sender.port >= firstUserPort && sender.port !== local.port;
}

/** What is sent back. Never longer than what came, for echo; at most 1,400 bytes for a text. */
export function replyData(
  reply: NonNullable<RawListenerConfig["reply"]>,
  payload: Buffer,
): Uint8Array | string {
  return reply.mode === "echo" ? payload : reply.text;
}
