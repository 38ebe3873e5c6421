import { matchesTopic } from "@fairlead/contracts/names";
import { formatBytes, toError } from "@fairlead/core";
import { type EngineConfig, stateOptions } from "@fairlead/engine";
import { openState } from "@fairlead/state";
import { type Finding, ok, warning } from "./finding.ts";

const patienceMs = 3_000;

/**
 * Checks the servers of the distributed engine, where the configuration names them, and what "accepted" rests on there.
 * @param eventTypes routing keys of the events that services may publish
 */
export async function checkEngine(config: EngineConfig, eventTypes: readonly string[]): Promise<Finding[]> {
  return [...(await checkBroker(config, eventTypes)), ...(await checkRedis(config))];
}

async function checkBroker(config: EngineConfig, eventTypes: readonly string[]): Promise<Finding[]> {
  const { amqp, inbox } = config.bus;
  if (amqp === undefined) return [];
  const { host } = new URL(amqp.url);
  const findings: Finding[] = [];
  try {
    // The client of RabbitMQ costs memory and time, so it is loaded only here.
    const { probeBroker } = await import("@fairlead/amqp");
    const { version, inbox: queue } = await probeBroker(amqp.url, patienceMs);
    findings.push(ok(`RabbitMQ at ${host}`, `version ${version} answers`));
    if (inbox.length > 0 && queue !== undefined && queue.messages > 0 && queue.consumers === 0)
      findings.push(
        warning(
          "the inbox queue",
          `${queue.messages} events wait in fairlead.inbox.v1 and nobody reads them: ` +
            `at ${formatBytes(amqp.inboxMaxBytes)} it is full, then events wait in the spool, and are refused when that is full too`,
          "let your back end consume it, or leave bus.inbox empty and delete the queue",
        ),
      );
  } catch (error) {
    const words = `${toError(error).message}: until it answers, what is accepted waits in the spool`;
    const advice =
      "start it, or correct the address, user, password and virtual host in FAIRLEAD_AMQP_URL (bus.amqp.url)";
    findings.push(warning(`RabbitMQ at ${host}`, words, advice));
  }
  const left = eventTypes.filter((key) => !inbox.some((pattern) => matchesTopic(pattern, key)));
  if (left.length > 0) {
    const words =
      `unless a back end binds a queue of its own, ${left.join(", ")} reach the log stream only, and a stream confirms before its fsync: ` +
      "a single node that loses its power can lose the last of them";
    const advice = `bind a quorum queue to the exchange fairlead.events, or add to bus.inbox; ${JSON.stringify(patternsOf(eventTypes))} takes all`;
    findings.push(warning("where events end up", words, advice));
  }
  return findings;
}

/** "tcp.#" for every first word of the routing keys. */
function patternsOf(keys: readonly string[]): string[] {
  return [...new Set(keys.map((key) => key.replace(/\..*$/, ".#")))];
}

async function checkRedis({ state, dataDir }: EngineConfig): Promise<Finding[]> {
  if (state.redis === undefined) return [];
  const subject = `Redis at ${new URL(state.redis.url).host}`;
  try {
    await using opened = await openState(stateOptions(state, dataDir));
    await opened.values.get("doctor");
    return [ok(subject, "answers")];
  } catch (error) {
    const words = `${toError(error).message}: what needs shared state fails until it answers; accepting does not need it`;
    const advice = "start it, or correct the address and password in FAIRLEAD_REDIS_URL (state.redis.url)";
    return [warning(subject, words, advice)];
  }
}
