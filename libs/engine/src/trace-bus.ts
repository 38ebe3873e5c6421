import type { Bus } from "@fairlead/bus";
import type { CloudEvent } from "@fairlead/contracts";
import { routingKey } from "@fairlead/contracts/names";
import { parseTraceparent, type SpanAttributes, type Tracer } from "@fairlead/core";

/**
 * The same bus, with a span for each publish: one per batch of records, never one per record. An event without `traceparent` gets
 * that of the span. An event with one keeps it, as the parent of the span (CloudEvents, Distributed Tracing: the extension names
 * the trace that the event came from). Without tracing the result is the bus itself.
 */
export function traceBus(bus: Bus, tracer: Tracer): Bus {
  if (!tracer.isOn) return bus;
  return {
    async publish(event) {
      const { traceparent } = event.extensions;
      const parent = parseTraceparent(traceparent) ? String(traceparent) : undefined;
      const key = routingKey(event.type);
      const span = tracer.start(`publish ${key}`, {
        kind: "producer",
        parent,
        attributes: attributesOf(event, key),
      });
      try {
        // The call is made in the same turn of the loop, so that the order of the calls is the order of the log.
        await bus.publish(parent === undefined ? withTraceparent(event, span.traceparent) : event);
        span.end();
      } catch (error) {
        span.end(error);
        throw error;
      }
    },
    tail: (options) => bus.tail(options),
    health: () => bus.health(),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}

function withTraceparent(event: CloudEvent, traceparent: string | undefined): CloudEvent {
  return traceparent === undefined ? event : { ...event, extensions: { ...event.extensions, traceparent } };
}

/** As in OpenTelemetry's semantic conventions for messaging and for CloudEvents. */
function attributesOf({ id, source, subject, data, extensions }: CloudEvent, key: string): SpanAttributes {
  const { recordcount } = extensions;
  return {
    "messaging.system": "fairlead",
    "messaging.operation.name": "publish",
    "messaging.operation.type": "send",
    "messaging.destination.name": key,
    "messaging.message.id": id,
    "messaging.message.body.size": data.length,
    "cloudevents.event_source": source,
    ...(subject === undefined ? {} : { "cloudevents.event_subject": subject }),
    ...(recordcount === undefined ? {} : { "fairlead.record.count": recordcount }),
  };
}
