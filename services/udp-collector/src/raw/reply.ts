import type { SocketAddress } from "@fairlead/socket";
import { z } from "zod";
import type { Piece, Selection } from "../pieces.ts";
import type { SessionParts } from "../session.ts";

export const replyKey = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("echo") }).describe("The datagram itself"),
    z
      .strictObject({
        kind: z.literal("text"),
        text: z.string().min(1).max(1_400).describe("What is sent, 1 to 1,400 characters"),
      })
      .describe("This text"),
  ])
  .optional()
  .describe("Answer to the sender once its datagram is durable. Default: none");

type ReplyConfig = NonNullable<z.output<typeof replyKey>>;

/** The ports below this one belong to services. */
const firstUserPort = 1_024;

/**
 * False for a source that would answer our answer: a forged datagram from a service's port, or from another listener like
 * ours, would otherwise start two hosts talking for ever (CERT CA-1996-01).
 */
function mayReplyTo(sender: SocketAddress, local: SocketAddress): boolean {
  return sender.port >= firstUserPort && sender.port !== local.port;
}

/**
 * Says "accepted" to the senders of datagrams that are durable. An echo is never longer than what came, a text has 1,400
 * characters at most.
 */
export function sendReplies(
  reply: ReplyConfig,
  datagrams: Selection,
  { from, to }: Piece,
  { socket, events }: Pick<SessionParts, "socket" | "events">,
): void {
  for (let index = from; index < to; index++) {
    const sender = datagrams.source(index);
    if (!mayReplyTo(sender, socket.local)) continue;
    const data = reply.kind === "echo" ? datagrams.payload(index) : reply.text;
    socket.send(data, sender).catch(events.replyFailed);
  }
}
