/** How the broker is, in sentences for an operator. */
import type { LinkState } from "./link.ts";
import type { Trouble } from "./publisher.ts";

const iso = (ms: number) => new Date(ms).toISOString();

/** Empty when all is well. The address is shown without user and password. */
export function describeBroker(url: string, state: LinkState, trouble: Trouble | undefined): string[] {
  const { host } = new URL(url);
  switch (state.status) {
    case "down":
      return [`RabbitMQ at ${host} cannot be used since ${iso(state.sinceMs)}: ${state.reason}`];
    case "blocked":
      return [
        `RabbitMQ at ${host} has blocked publishing since ${iso(state.sinceMs)} (${state.reason}): it is short of memory or disk`,
      ];
    case "up":
      return trouble === undefined
        ? []
        : [`RabbitMQ at ${host} did not take what was published at ${iso(trouble.atMs)}: ${trouble.reason}`];
  }
}

/** Why nothing is published on a link that stands without trouble; empty when it is. */
export function describeSettling(url: string, state: LinkState, isReady: boolean): string[] {
  if (state.status !== "up" || isReady) return [];
  const { host } = new URL(url);
  return [
    `The queues of RabbitMQ at ${host} were made just now; until it is sure to keep them, events wait in the spool`,
  ];
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
