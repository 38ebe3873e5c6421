import type { Bus } from "@fairlead/bus";
import { type Clock, type Logger, type Meter, onAbort } from "@fairlead/core";
import { type Ledger, RetryingPublisher } from "@fairlead/ingress";
import { bindUdp, createAddressPolicy, type SocketAddress, type UdpSocket } from "@fairlead/socket";
import type { ListenerConfig } from "./config.ts";
import { createCounters } from "./counters.ts";
import { createListenerEvents, type ListenerEvents } from "./events.ts";
import { kindOf } from "./kinds.ts";
import { createLedger, type LossSnapshot, lossSnapshot, showLosses } from "./ledger.ts";
import { select } from "./pieces.ts";
import type { Session } from "./session.ts";

export interface ListenerContext {
  readonly instance: string;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: Meter;
}

/**
 * One bound socket and what becomes of its datagrams. One batch at a time is on its way to the bus. Datagrams that come
 * meanwhile wait in the socket's bounded pile; when the bus takes nothing, the pile drops and counts the newest.
 */
export class UdpListener implements AsyncDisposable {
  readonly config: ListenerConfig;
  readonly #socket: UdpSocket;
  readonly #events: ListenerEvents;
  readonly #ledger: Ledger;
  readonly #publisher: RetryingPublisher;
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #draining = new AbortController();
  readonly #givingUp = new AbortController();
  readonly #isAllowed: ((host: string) => boolean) | undefined;
  readonly #shown: Disposable;
  readonly #finished: Promise<void>;
  #overflowSeen = 0;

  /** @throws {SocketError} as `bindUdp` */
  static async open(config: ListenerConfig, context: ListenerContext): Promise<UdpListener> {
    const events = createListenerEvents(config.name, context);
    // The keys of the socket have the names of its options.
    const socket = await bindUdp({ ...config, onError: (error) => events.socketFailed(error) });
    try {
      return new UdpListener(config, context, socket, events);
    } catch (error) {
      await socket[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    config: ListenerConfig,
    context: ListenerContext,
    socket: UdpSocket,
    events: ListenerEvents,
  ) {
    const { instance, bus, clock, meter } = context;
    this.config = config;
    this.#socket = socket;
    this.#events = events;
    this.#clock = clock;
    this.#ledger = createLedger(socket);
    if (config.allow !== undefined || config.deny.length > 0) {
      this.#isAllowed = createAddressPolicy(config.allow, config.deny).isAllowed;
    }
    this.#publisher = new RetryingPublisher({
      bus,
      clock,
      givingUp: this.#givingUp.signal,
      onRetry: (error, attempt, delayMs) =>
        events.publishRetried(error, attempt, delayMs, this.#ledger.snapshot().pending.count),
      onRecovered: (attempts) => events.publishRecovered(attempts),
    });
    const kind = kindOf(config.kind);
    this.#session = kind.createSession(config, {
      publisher: this.#publisher,
      ledger: this.#ledger,
      events,
      counters: createCounters(kind.counters, meter, config.name),
      socket,
      clock,
      givingUp: this.#givingUp.signal,
      eventType: kind.eventType,
      source: `/udp-collector/${instance}/${config.name}`,
      subject: `${config.name}/${instance}`,
    });
    events.bound(socket.receiveBuffer);
    this.#shown = showLosses(this.#ledger, socket, meter, config.name);
    this.#finished = this.#run();
  }

  get local(): SocketAddress {
    return this.#socket.local;
  }

  get receiveBuffer(): UdpSocket["receiveBuffer"] {
    return this.#socket.receiveBuffer;
  }

  /** Closes at any moment: received = published + rejected + pending. */
  snapshot(): LossSnapshot {
    return lossSnapshot(this.#ledger, this.#socket);
  }

  /** Sentences for an operator; empty when all is well. */
  get problems(): readonly string[] {
    const { name } = this.config;
    const { kernelDropped, pending } = this.snapshot();
    const { isShort, askedBytes, grantedBytes } = this.#socket.receiveBuffer;
    const problems: string[] = [];
    if (this.#publisher.failures > 0) {
      problems.push(`${name}: the bus takes no events, ${pending} datagrams wait`);
    }
    if (isShort && (kernelDropped ?? 0) > 0) {
      problems.push(
        `${name}: the kernel dropped ${kernelDropped} datagrams; it granted ${grantedBytes} of ${askedBytes} bytes of receive buffer (raise net.core.rmem_max)`,
      );
    }
    return problems;
  }

  /**
   * Takes nothing new, publishes everything that was received, closes, and logs the ledger in one line. Datagrams that the
   * bus has not taken when the signal fires are given up and stay in the ledger as pending.
   */
  async drain(signal: AbortSignal): Promise<void> {
    using _ = onAbort(signal, () => this.#givingUp.abort(signal.reason));
    const isFirst = !this.#draining.signal.aborted;
    this.#draining.abort();
    // The kernel's drop counter is read last, when the socket closes.
    await this.#socket.drain();
    await this.#finished;
    if (isFirst) this.#logClosing();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isFirst = !this.#draining.signal.aborted;
    this.#draining.abort();
    this.#givingUp.abort();
    await this.#socket[Symbol.asyncDispose]();
    await this.#finished;
    this.#shown[Symbol.dispose]();
    if (isFirst) this.#logClosing();
  }

  #logClosing(): void {
    const snapshot = this.snapshot();
    if (snapshot.pending > 0) this.#events.gaveUp(snapshot.pending);
    this.#events.closed(snapshot);
  }

  async #run(): Promise<void> {
    try {
      for await (const batch of this.#socket.batches()) {
        const begunMs = this.#clock.monotonicMs();
        const datagrams = select(batch, this.#isAllowed);
        if (datagrams.count < batch.count) this.#ledger.reject(batch.count - datagrams.count, 0, "denied");
        this.#reportOverflow();
        await this.#session.take(datagrams);
        await this.#pause(begunMs);
      }
      await this.#session.finish();
    } catch (error) {
      // To be told to give up is no defect. After any other error a listener would look alive and take nothing.
      if (!this.#givingUp.signal.aborted) throw error;
    }
  }

  #reportOverflow(): void {
    const { overflowDropped } = this.#socket.stats;
    if (overflowDropped > this.#overflowSeen) this.#events.overflowed(overflowDropped - this.#overflowSeen);
    this.#overflowSeen = overflowDropped;
  }

  /** Lets the datagrams of a busy socket pile up for the next event. After a longer silence there is nothing to wait for. */
  async #pause(begunMs: number): Promise<void> {
    const { signal } = this.#draining;
    const leftMs = begunMs + this.#session.intervalMs - this.#clock.monotonicMs();
    if (leftMs <= 0 || signal.aborted) return;
    // Only a drain ends the sleep early, and then there is nothing more to wait for.
    await this.#clock.sleep(leftMs, signal).catch(() => {});
  }
}
