/**
 * Looking at the dead letters. A quorum queue cannot be browsed: messages are taken, unacknowledged, and given back. So for that
 * moment nobody else sees them, and each look counts as a delivery on 3.x to 4.2 (from 4.3 on a nack does not count). They go
 * back to where they were, so that each look begins with the oldest.
 */
import { names, withChannel } from "@fairlead/amqp";
import type { Channel, GetMessage } from "amqplib";
import { type DeadLetter, maxListedBytes } from "../queues.ts";
import { deadIdOf, deadLetterOf } from "./message.ts";
import type { Reachable } from "./source.ts";

/** Gives everything back before the channel closes: what a closing channel gives back counts as lost. */
function giveBack(channel: Channel): void {
  try {
    channel.nackAll(true);
  } catch {
    // The channel is gone, and with it all that was taken over it.
  }
}

async function withDead<T>(
  { model, declared }: Reachable,
  work: (channel: Channel) => Promise<T>,
): Promise<T> {
  await declared.base();
  return await withChannel(model, async (channel) => {
    try {
      return await work(channel);
    } finally {
      giveBack(channel);
    }
  });
}

export function listDead(reachable: Reachable, limit: number): Promise<DeadLetter[]> {
  return withDead(reachable, async (channel) => {
    const found: DeadLetter[] = [];
    let bytes = 0;
    while (found.length < limit) {
      const message = await channel.get(names.deadQueue);
      if (message === false) break;
      bytes += message.content.length;
      if (bytes > maxListedBytes && found.length > 0) break;
      found.push(deadLetterOf(message));
    }
    return found;
  });
}

/** Takes the dead letter with this id off the queue after `move` has resolved. Looks at each letter that is there now, holding one body at a time. */
export function takeDead(
  reachable: Reachable,
  id: string,
  move: (message: GetMessage) => Promise<void>,
): Promise<boolean> {
  return withDead(reachable, async (channel) => {
    for (let left = 1; left > 0; ) {
      const message = await channel.get(names.deadQueue);
      if (message === false) break;
      left = message.fields.messageCount;
      if (deadIdOf(message) !== id) continue;
      await move(message);
      channel.ack(message);
      // The answer comes behind the ack, so the ack has come through.
      await channel.checkExchange(names.dead);
      return true;
    }
    return false;
  });
}
