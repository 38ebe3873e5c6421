import { silentLogger } from "@fairlead/core";
import { eventually, startRabbit, type TestRabbit } from "@fairlead/harness";
import { type Channel, type ConfirmChannel, connect } from "amqplib";
import { AmqpQueues, type AmqpQueuesOptions } from "../../src/amqp/amqp-queues.ts";
import { jobQueue } from "../../src/amqp/topology.ts";

/** Somebody else at the broker: an operator, or a client that knows nothing of us. */
export interface Foreign {
  readonly channel: ConfirmChannel;
  /** A channel that an error may close. */
  spare(): Promise<Channel>;
}

export interface BrokerUnderTest extends AsyncDisposable {
  readonly rabbit: TestRabbit;
  readonly foreign: Foreign;
  open(options?: Partial<AmqpQueuesOptions>): AmqpQueues;
  /** Resolves when the broker sees an idle consumer of this kind. */
  untilConsumed(kind: string): Promise<void>;
}

export async function startBroker(): Promise<BrokerUnderTest> {
  const rabbit = await startRabbit();
  const model = await connect(rabbit.url);
  model.on("error", () => {});
  const channel = await model.createConfirmChannel();
  return {
    rabbit,
    foreign: {
      channel,
      async spare() {
        const spare = await model.createChannel();
        spare.on("error", () => {});
        return spare;
      },
    },
    open: (options = {}) =>
      new AmqpQueues({
        url: rabbit.url,
        name: "faults",
        logger: silentLogger,
        reconnectMaxMs: 500,
        // Nobody kills this broker.
        settleMs: 0,
        renewConsumerMs: 2_000,
        ...options,
      }),
    untilConsumed: (kind) =>
      eventually(
        async () => (await channel.checkQueue(jobQueue(kind))).consumerCount === 1,
        "an idle consumer",
      ),
    async [Symbol.asyncDispose]() {
      await model.close();
      await rabbit[Symbol.asyncDispose]();
    },
  };
}
