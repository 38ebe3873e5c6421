import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bus } from "@fairlead/bus";
import { type CloudEvent, createEvent } from "@fairlead/contracts";
import { type Clock, systemClock } from "@fairlead/core";
import { z } from "zod";
import type { Environment } from "../src/config.ts";
import { runServices } from "../src/run-services.ts";
import type { ServiceDefinition } from "../src/service.ts";

export async function temporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), "fairlead-engine-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A service that hands its bus to a test. */
function busHolder(take: (bus: Bus) => void): ServiceDefinition<z.ZodObject, ["bus"]> {
  return {
    name: "ftp-bridge",
    configSchema: z.strictObject({}),
    needs: ["bus"],
    plan: () => ({ sockets: [], connections: 0, eventTypes: [] }),
    async open({ bus }) {
      take(bus);
      return { endpoints: [], checks: [], async drain() {}, async [Symbol.asyncDispose]() {} };
    },
  };
}

/** Services on a temporary directory and a free port, with a bus; the log is kept in `lines`. For tests. */
export async function startTestEngine(
  services: readonly ServiceDefinition[] = [],
  env: Environment = {},
  clock: Clock = systemClock,
) {
  const directory = await temporaryDirectory();
  const lines: string[] = [];
  const bus = Promise.withResolvers<Bus>();
  try {
    const running = await runServices({
      name: "test",
      services: [...services, busHolder(bus.resolve)],
      cwd: directory.path,
      env: { FAIRLEAD_HTTP_PORT: "0", FAIRLEAD_LOG_LEVEL: "debug", ...env },
      isTerminal: false,
      clock,
      logSink: { write: (line) => lines.push(line) },
    });
    return {
      running,
      bus: await bus.promise,
      lines,
      directory: directory.path,
      url: `http://127.0.0.1:${running.endpoints[0]?.port}`,
      async [Symbol.asyncDispose]() {
        await running[Symbol.asyncDispose]();
        await directory[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

export function textEvent(text: string, key = "test.said"): CloudEvent {
  const data = Buffer.from(text);
  return createEvent({ type: `dev.fairlead.${key}`, source: "/test", datacontenttype: "text/plain", data });
}
