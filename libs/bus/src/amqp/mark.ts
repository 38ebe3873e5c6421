/**
 * Marks in the log stream. AMQP 0-9-1 cannot ask a stream for its last offset: the place where a mark comes out
 * is the end.
 */
import { names, withConfirmChannel } from "@fairlead/amqp";
import { createId } from "@fairlead/core";
import type { ChannelModel, Options } from "amqplib";
import { BusError } from "../errors.ts";
import { markType } from "./topology.ts";

export const markOf = (id: string): Options.Publish => ({
  persistent: true,
  mandatory: true,
  messageId: id,
  type: markType,
});

/** Resolves with the mark's message id when the mark stands in the log. @throws when there is no log, or the connection is lost */
export function putMark(model: ChannelModel): Promise<string> {
  return withConfirmChannel(model, (channel) => {
    const id = createId();
    const stands = Promise.withResolvers<string>();
    // A message without a queue comes back, and is confirmed then.
    channel.on("return", () =>
      stands.reject(new BusError("BUS_FAILED", `Cannot mark the log: ${names.log} is not there`)),
    );
    channel.on("close", () =>
      stands.reject(new BusError("BUS_FAILED", "Cannot mark the log: the connection was lost")),
    );
    channel.sendToQueue(names.log, Buffer.alloc(0), markOf(id), (error: unknown) =>
      error ? stands.reject(error) : stands.resolve(id),
    );
    return stands.promise;
  });
}
