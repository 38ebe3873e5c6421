import { within } from "@fairlead/core";
import { type HealthCheck, type HealthResult, worstOf } from "../health.ts";
import type { ScrapedMeter } from "../meter.ts";
import type { Router } from "./route.ts";

export interface HealthRoutesOptions {
  readonly meter: Pick<ScrapedMeter, "render">;
  /** Called at each request, because checks are added while the process starts. */
  readonly checks: () => readonly HealthCheck[];
}

const scope = "metrics:read";

/**
 * `/livez`, `/readyz` and `/metrics`. The status is open to everybody, because probes carry no token. The words of the checks name
 * addresses and paths. These words and `/metrics` need `metrics:read` where tokens are configured.
 */
export function addHealthRoutes(router: Router, options: HealthRoutesOptions): void {
  const text = { "content-type": "text/plain; charset=utf-8" };
  router.add({
    method: "GET",
    path: "/livez",
    summary: "Tell that the process answers; looks at no dependency",
    scope: undefined,
    responses: { 200: { description: "It lives", contentType: "text/plain" } },
    handle: () => ({ status: 200, headers: text, body: "ok\n" }),
  });
  router.add({
    method: "GET",
    path: "/readyz",
    summary: "Tell whether everything can durably accept",
    description:
      "The status, then the parts that are not well, in words; all parts with `?verbose`. `degraded` is ready: it works, but an " +
      "operator should look. The status is open to everybody; where tokens are configured the words need `metrics:read`.",
    scope: undefined,
    responses: {
      200: { description: "Ready, or degraded", contentType: "text/plain" },
      503: { description: "Not ready: starting, draining or failed", contentType: "text/plain" },
    },
    async handle({ request, authorize }) {
      const mayKnow = await authorize(scope).then(
        () => true,
        () => false,
      );
      const isVerbose = Object.hasOwn({ ...request.query }, "verbose");
      const results = await Promise.all(options.checks().map(runCheck));
      const status = worstOf(results.map(({ result }) => result.status));
      const shown = results.filter(({ result }) => mayKnow && (isVerbose || result.status !== "ok"));
      const lines = shown.flatMap(({ name, result }) => [
        `${name} ${result.status}`,
        ...result.problems.map((problem) => `  ${problem}`),
      ]);
      return {
        status: status === "failed" ? 503 : 200,
        headers: text,
        body: `${[status, ...lines].join("\n")}\n`,
      };
    },
  });
  router.add({
    method: "GET",
    path: "/metrics",
    summary: "Give the metrics in the Prometheus text format",
    scope,
    responses: { 200: { description: "The metrics", contentType: "text/plain" } },
    async handle() {
      const { contentType, text: body } = await options.meter.render();
      return { status: 200, headers: { "content-type": contentType }, body };
    },
  });
}

/** A check that throws or hangs is a failed check. */
async function runCheck(check: HealthCheck): Promise<{ name: string; result: HealthResult }> {
  const late: HealthResult = { status: "failed", problems: ["the check did not answer within 2 s"] };
  try {
    return { name: check.name, result: await within(2_000, check.check(), () => late) };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { name: check.name, result: { status: "failed", problems: [`the check failed: ${words}`] } };
  }
}
