import type { Bus } from "../bus.ts";
import { busErrorFacts } from "../errors.ts";
import {
  type BusAnswer,
  type BusCall,
  type BusPort,
  eventCost,
  Outbox,
  openEnvelope,
  tailCredit,
} from "./protocol.ts";

const healthEveryMs = 1_000;

/** One tail of the worker process: sends as long as it has credit. */
interface RemoteTail {
  readonly abort: AbortController;
  credit: number;
  resume: (() => void) | undefined;
}

/**
 * Lets a worker process use the bus over its channel (`fork` with `serialization: "advanced"`). When the worker is gone
 * its tails end; what it had published goes on becoming durable. Dispose to stop serving; the bus stays open.
 */
export function serveBus(port: BusPort, bus: Bus): Disposable {
  const tails = new Map<number, RemoteTail>();
  const outbox = new Outbox<BusAnswer>(port, () => stop());
  const answer = (message: BusAnswer) => outbox.push(message);
  const tellHealth = () => answer({ kind: "health", health: bus.health() });

  const publish = ({ seq, event }: Extract<BusCall, { kind: "publish" }>) => {
    bus.publish(event).then(
      () => answer({ kind: "outcome", seq }),
      (error) => {
        answer({ kind: "outcome", seq, error: busErrorFacts(error) });
        tellHealth();
      },
    );
  };

  const tail = async ({ id, options }: Extract<BusCall, { kind: "tail" }>) => {
    const abort = new AbortController();
    const remote: RemoteTail = { abort, credit: tailCredit, resume: undefined };
    tails.set(id, remote);
    try {
      for await (const logged of bus.tail({ ...options, signal: abort.signal })) {
        answer({ kind: "event", id, logged });
        remote.credit -= eventCost(logged.event);
        while (remote.credit <= 0 && !abort.signal.aborted) {
          await new Promise<void>((resolve) => {
            remote.resume = resolve;
          });
        }
      }
      answer({ kind: "ended", id });
    } catch (error) {
      answer({ kind: "ended", id, error: busErrorFacts(error) });
    } finally {
      tails.delete(id);
    }
  };

  const onCall = (call: BusCall) => {
    switch (call.kind) {
      case "hello":
        return tellHealth();
      case "publish":
        return publish(call);
      case "tail":
        void tail(call);
        return;
      case "credit": {
        const remote = tails.get(call.id);
        if (remote === undefined) return;
        remote.credit += call.bytes;
        remote.resume?.();
        return;
      }
      case "stop":
        stopTail(call.id);
    }
  };

  const stopTail = (id: number) => {
    const remote = tails.get(id);
    remote?.abort.abort();
    remote?.resume?.();
  };

  const onMessage = (message: unknown) => {
    for (const call of openEnvelope<BusCall>(message) ?? []) onCall(call);
  };

  const timer = setInterval(tellHealth, healthEveryMs).unref();
  const stop = () => {
    clearInterval(timer);
    port.off("message", onMessage);
    port.off("disconnect", stop);
    outbox.close();
    for (const id of [...tails.keys()]) stopTail(id);
  };
  port.on("message", onMessage);
  port.on("disconnect", stop);
  return { [Symbol.dispose]: stop };
}
