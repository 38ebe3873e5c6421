/** How the broker and the spool are, in sentences for an operator. */
import { describeLink, type LinkState, names } from "@fairlead/amqp";
import type { EventTopologyOptions } from "./topology.ts";

const iso = (ms: number) => new Date(ms).toISOString();

/** How the connection that publishes is. */
export interface PublishingState {
  readonly linkState: LinkState;
  /** What went wrong last on a link that stood, and since when nothing was confirmed. */
  readonly trouble: { readonly reason: string; readonly sinceMs: number } | undefined;
  /** False on a link that stands: its queues are too young to be published to (queueSettleMs). */
  readonly isReady: boolean;
}

/** Empty when all is well. @param host as shown: without user and password */
export function describeBroker(host: string, { linkState, trouble, isReady }: PublishingState): string[] {
  // Trouble cuts the link each time, which is then down for the same reason.
  if (trouble && (linkState.status === "up" || linkState.reason === trouble.reason))
    return [`RabbitMQ at ${host} has taken nothing since ${iso(trouble.sinceMs)}: ${trouble.reason}`];
  if (linkState.status !== "up") return describeLink(host, linkState);
  if (isReady) return [];
  return [
    `The queues of RabbitMQ at ${host} were made just now; until it is sure to keep them, events wait in the spool`,
  ];
}

/** Adds to a nack, which gives no reason, what may be behind it. Of the queues that we bind only the inbox refuses anything (`reject-publish`). */
export function describeRefusal({ message }: Error, { inbox }: EventTopologyOptions): string {
  if (!message.includes("nacked")) return message;
  const full = inbox.length > 0 ? `${names.inbox} or another queue` : "a queue";
  return `${message}, as ${full} bound to ${names.events} does when it is full`;
}

/** What waits in the spool; empty when nothing does. */
export function describeBacklog({
  events,
  sinceMs,
}: {
  events: number;
  sinceMs: number | undefined;
}): string[] {
  if (events === 0) return [];
  const since = sinceMs === undefined || Number.isNaN(sinceMs) ? "" : ` since ${iso(sinceMs)}`;
  return [`${events} events wait in the spool${since} for RabbitMQ to take them`];
}
