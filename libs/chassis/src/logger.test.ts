import assert from "node:assert/strict";
import { test } from "node:test";
import { FairleadError } from "@fairlead/core";
import { createLogger, type LoggerOptions } from "./logger.ts";

function capture(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line) };
  return { lines, logger: createLogger({ service: "tcp-gateway", level: "info", sink, ...options }) };
}

test("createLogger() writes one JSON line with level, time, service, msg and the fields", () => {
  const { lines, logger } = capture();
  logger.debug({}, "not shown");
  logger.child({ traceId: "abc" }).warn({ limit: 10 }, "cannot accept");
  assert.equal(lines.length, 1);
  const { time, ...rest } = JSON.parse(lines[0] ?? "");
  assert.deepEqual(rest, {
    level: "warn",
    service: "tcp-gateway",
    traceId: "abc",
    limit: 10,
    msg: "cannot accept",
  });
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("createLogger() shows errors with code and cause, and hides secrets", () => {
  const { lines, logger } = capture();
  const cause = new Error("connect amqp://me:hunter2@host failed");
  logger.error({ err: new FairleadError("BUS_FAILED", "Cannot publish", { cause }) }, "failed");
  logger.info(
    { token: "hunter2", headers: { authorization: "Bearer hunter2" }, a: { b: { password: "hunter2" } } },
    "in",
  );
  logger.warn(
    { err: Object.assign(new TypeError("Invalid URL"), { input: "amqp://:hun/hunter2@h" }) },
    "failed",
  );
  assert.equal(JSON.parse(lines[0] ?? "").err.code, "BUS_FAILED");
  assert.match(lines[0] ?? "", /amqp:\/\/\*\*\*@host/);
  assert.doesNotMatch(lines.join(), /hunter2/);
});

test("createLogger() survives what JSON cannot hold", () => {
  const { lines, logger } = capture();
  const ring: Record<string, unknown> = {};
  ring["self"] = ring;
  logger.info({ ring, big: 1n }, "odd");
  logger.error({ err: Object.assign(new Error("x"), { big: 1n, ring }) }, "odd");
  logger.error({ err: "text" }, "odd");
  assert.equal(lines.length, 3);
});

test("createLogger() with the human format writes one short line", () => {
  const { lines, logger } = capture({ format: "human" });
  logger.info({ port: 7001, listener: "ingest" }, "listening");
  logger.error({ err: new Error("boom") }, "failed");
  assert.match(
    lines[0] ?? "",
    /^\d\d:\d\d:\d\d info {2}tcp-gateway: listening {2}port=7001 {2}listener=ingest\n$/,
  );
  assert.match(lines[1] ?? "", /^\d\d:\d\d:\d\d error tcp-gateway: failed\n {2}Error: boom\n/);
});
