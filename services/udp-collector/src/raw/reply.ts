import { ratePerSecond } from "@fairlead/chassis";
import { RateLimiter } from "@fairlead/core";
import { isOwnUdpSocket, type SocketAddress } from "@fairlead/socket";
import { z } from "zod";
import type { Piece, Selection } from "../pieces.ts";
import type { SessionParts } from "../session.ts";

const perSecond = ratePerSecond(1_000).describe(
  "Replies to one address at most; its further datagrams are taken without one and counted as unanswered.",
);

export const replyKey = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("echo"), perSecond }).describe("The datagram itself"),
    z
      .strictObject({
        kind: z.literal("text"),
        text: z.string().min(1).max(1_400).describe("What is sent, 1 to 1,400 characters"),
        perSecond,
      })
      .describe("This text"),
  ])
  .optional()
  .describe("Answer to the sender once its datagram is durable. Default: none");

type ReplyConfig = NonNullable<z.output<typeof replyKey>>;

/** The ports below this one belong to services. */
const firstUserPort = 1_024;

/** Addresses whose rate is known at once. Beyond them nobody new is answered until some have been silent. */
const maxSources = 10_000;

const unansweredReasons = ["own-socket", "service-port", "reply", "rate"] as const;
type UnansweredReason = (typeof unansweredReasons)[number];

export const replyCounters = {
  unanswered: {
    name: "unanswered_datagrams",
    help: "Durable datagrams that got no reply: two hosts must not answer each other for ever",
    reasons: unansweredReasons,
  },
} as const;

/**
 * Says "accepted" to the senders of datagrams that are durable. An echo is never longer than what came, a text has 1,400
 * characters at most.
 *
 * A source that would answer our answer gets none: a forged datagram would otherwise start two hosts talking for ever (CERT
 * CA-1996-01). An echo cannot be told from a question, so that the rate bounds what other hosts that echo can do to us.
 */
export class Replies {
  readonly #config: ReplyConfig;
  readonly #parts: SessionParts<keyof typeof replyCounters>;
  readonly #text: Buffer | undefined;
  readonly #rates = new Map<string, RateLimiter>();

  constructor(config: ReplyConfig, parts: SessionParts<keyof typeof replyCounters>) {
    this.#config = config;
    this.#parts = parts;
    this.#text = config.kind === "text" ? Buffer.from(config.text) : undefined;
  }

  send(datagrams: Selection, { from, to }: Piece): void {
    const { socket, events, counters } = this.#parts;
    for (let index = from; index < to; index++) {
      const sender = datagrams.source(index);
      const payload = datagrams.payload(index);
      const reason = this.#whyNot(sender, payload);
      if (reason === undefined) socket.send(this.#text ?? payload, sender).catch(events.replyFailed);
      else counters.unanswered(1, reason);
    }
  }

  #whyNot(sender: SocketAddress, payload: Uint8Array): UnansweredReason | undefined {
    const { port } = this.#parts.socket.local;
    if (sender.port < firstUserPort || sender.port === port) return "service-port";
    if (isOwnUdpSocket(sender)) return "own-socket";
    if (this.#text?.equals(payload)) return "reply";
    return this.#mayAnswer(sender.host) ? undefined : "rate";
  }

  #mayAnswer(host: string): boolean {
    let rate = this.#rates.get(host);
    if (rate === undefined) {
      if (this.#rates.size >= maxSources) this.#forgetIdle();
      if (this.#rates.size >= maxSources) return false;
      const { perSecond } = this.#config;
      rate = new RateLimiter(perSecond, Math.max(1, perSecond), this.#parts.clock);
      this.#rates.set(host, rate);
    }
    return rate.take() === 0;
  }

  #forgetIdle(): void {
    for (const [host, rate] of this.#rates) if (rate.isIdle) this.#rates.delete(host);
  }
}
