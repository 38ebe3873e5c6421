import { toError } from "@fairlead/core";
import { BusError } from "../errors.ts";
import { type Broker, connectFailure, parseBroker } from "./broker.ts";
import { withConnection } from "./with-channel.ts";

/**
 * Connects once, to see whether a broker answers, takes the user and is new enough. For `doctor`; changes nothing there.
 * @throws {BusError} BUS_FAILED with the reason
 */
export async function probeBroker(url: string, timeoutMs: number): Promise<Broker> {
  const { host } = new URL(url);
  try {
    const options = { name: "doctor", timeoutMs };
    return await withConnection(url, options, async ({ connection }) =>
      parseBroker(connection.serverProperties),
    );
  } catch (error) {
    if (error instanceof BusError) throw error;
    const reason = connectFailure(url, toError(error));
    throw new BusError("BUS_FAILED", `Cannot use RabbitMQ at ${host}: ${reason}`, { cause: error });
  }
}
