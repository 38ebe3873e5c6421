/** How a reason begins that no installation removes: the machine does not let this process do it. */
const notPermitted = "no permission ";

/**
 * The value of a test's `skip` option: false when there is no reason, else the reason. Where FAIRLEAD_REQUIRE_ALL=1 (the
 * continuous integration sets it) a reason is a failure: a suite that silently tests nothing is worse than a red one. Only what
 * the machine forbids ("no permission to mount a small disk") is skipped there too, and said.
 *
 *     test("...", { skip: skipOrFail(redisMissing()) }, async () => {});
 */
export function skipOrFail(reason: string | undefined): string | false {
  if (reason === undefined) return false;
  if (process.env["FAIRLEAD_REQUIRE_ALL"] === "1" && !reason.startsWith(notPermitted)) {
    throw new Error(`Cannot skip a test: ${reason}, and FAIRLEAD_REQUIRE_ALL=1 asks for every test`);
  }
  return `skipped: ${reason}`;
}
