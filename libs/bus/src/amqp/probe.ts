import { toError } from "@fairlead/core";
import { connect } from "amqplib";
import { BusError } from "../errors.ts";
import { type Broker, parseBroker } from "./broker.ts";

/**
 * Connects once, to see whether a broker answers, takes the user and is new enough. For `doctor`; changes nothing there.
 * @throws {BusError} BUS_FAILED with the reason
 */
export async function probeBroker(url: string, timeoutMs: number): Promise<Broker> {
  const { host } = new URL(url);
  try {
    const connection = await connect(url, { noDelay: true, timeout: timeoutMs });
    connection.on("error", () => {});
    try {
      return parseBroker(connection.connection.serverProperties);
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (error instanceof BusError) throw error;
    throw new BusError("BUS_FAILED", `Cannot use RabbitMQ at ${host}: ${toError(error).message}`, {
      cause: error,
    });
  }
}
