import { FairleadError } from "@fairlead/core";

export type AmqpErrorCode = "AMQP_FAILED";

/** RabbitMQ cannot be reached or used. Trying again may help. */
export class AmqpError extends FairleadError {
  declare readonly code: AmqpErrorCode;

  constructor(message: string, options: { cause?: unknown } = {}) {
    super("AMQP_FAILED", message, { retryable: true, ...options });
  }
}
