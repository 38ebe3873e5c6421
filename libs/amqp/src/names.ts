/** Exchanges and queues whose names more than one library knows (docs/reference/rabbitmq.md). */
export const names = {
  events: "fairlead.events",
  log: "fairlead.log.v1",
  inbox: "fairlead.inbox.v1",
  jobs: "fairlead.jobs",
  dead: "fairlead.dead",
  deadQueue: "dead.v1",
} as const;
