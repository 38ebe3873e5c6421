/** How the broker is, in sentences for an operator. */
import type { LinkState } from "./link.ts";
import { type EventTopologyOptions, names } from "./topology.ts";

const iso = (ms: number) => new Date(ms).toISOString();

/** What went wrong last on a link that stood. */
export interface Trouble {
  readonly reason: string;
  /** The last of them, and the first since which nothing was confirmed. */
  readonly atMs: number;
  readonly sinceMs: number;
  /** In a row, without a time of success in between. */
  readonly count: number;
  /** It left events without an outcome, and nothing was confirmed since. */
  readonly isOpen: boolean;
}

/** How one connection to the broker is. */
export interface BrokerState {
  readonly linkState: LinkState;
  readonly trouble?: Trouble | undefined;
  /** False on a link that stands: its queues are too young to be published to (broker.ts). Default true. */
  readonly isReady?: boolean;
}

/** Empty when all is well. @param host as shown: without user and password */
export function describeBroker(host: string, { linkState, trouble, isReady = true }: BrokerState): string[] {
  // It cuts the link each time, which is then down for the same reason.
  if (trouble && (linkState.status === "up" || linkState.reason === trouble.reason))
    return [`RabbitMQ at ${host} has taken nothing since ${iso(trouble.sinceMs)}: ${trouble.reason}`];
  switch (linkState.status) {
    case "down":
      return [`RabbitMQ at ${host} cannot be used since ${iso(linkState.sinceMs)}: ${linkState.reason}`];
    case "blocked":
      return [
        `RabbitMQ at ${host} has blocked publishing since ${iso(linkState.sinceMs)} (${linkState.reason}): it is short of memory or disk`,
      ];
    case "up":
      if (isReady) return [];
      return [
        `The queues of RabbitMQ at ${host} were made just now; until it is sure to keep them, events wait in the spool`,
      ];
  }
}

/** A nack says nothing itself. Of the queues that we bind only the inbox refuses anything (`reject-publish`). */
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
