import { toError } from "@fairlead/core";
import { tailEvents } from "../tail-events.ts";
import { type ConnectionOptions, resolveHttp } from "./connection-options.ts";
import { eventAsJson, eventAsLines } from "./event-text.ts";
import { say, type Terminal, writeOut } from "./terminal.ts";

export interface TailCommandOptions extends ConnectionOptions {
  readonly after: number | "end";
  readonly type?: readonly string[];
  readonly json?: boolean;
  readonly follow: boolean;
}

/** `fairlead tail`. @throws {ClientError} @throws {ProblemResponse} */
export async function tail(options: TailCommandOptions, terminal: Terminal): Promise<void> {
  const http = resolveHttp(options, terminal.env);
  const events = tailEvents(http, {
    after: options.after,
    follow: options.follow,
    signal: terminal.signal,
    maxAttempts: options.follow ? Number.POSITIVE_INFINITY : 5,
    ...(options.type ? { types: options.type } : {}),
    onGap: ({ detail }) => say(terminal, detail),
    onReconnect: (error, delayMs) =>
      say(terminal, `${toError(error).message}; trying again in ${(delayMs / 1_000).toFixed(1)} s`),
  });
  for await (const { offset, event } of events) {
    if (terminal.signal.aborted) return;
    const text = options.json
      ? `${JSON.stringify(eventAsJson(offset, event))}\n`
      : eventAsLines(offset, event);
    await writeOut(terminal, text);
  }
}
