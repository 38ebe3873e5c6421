import type { LinkState } from "./link.ts";

const iso = (ms: number) => new Date(ms).toISOString();

/** How one connection to the broker is, in sentences for an operator; empty when the connection is up. @param host without user and password */
export function describeLink(host: string, state: LinkState): string[] {
  switch (state.status) {
    case "up":
      return [];
    case "down":
      return [`RabbitMQ at ${host} cannot be used since ${iso(state.sinceMs)}: ${state.reason}`];
    case "blocked":
      return [
        `RabbitMQ at ${host} has blocked publishing since ${iso(state.sinceMs)} (${state.reason}): it is short of memory or disk`,
      ];
  }
}
