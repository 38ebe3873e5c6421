/**
 * How often a fault is repeated: `usual` times, or FAIRLEAD_FAULT_ROUNDS, which gives the figures of docs/reliability.md.
 * @throws {RangeError} when the variable is no whole number from 1 on
 */
export function faultRounds(usual: number): number {
  const rounds = Number(process.env["FAIRLEAD_FAULT_ROUNDS"] || usual);
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new RangeError("Cannot repeat a fault: FAIRLEAD_FAULT_ROUNDS must be a whole number from 1 on");
  return rounds;
}

/** True in the long runs that give the figures of docs/reliability.md: on a quiet machine, so that a speed may be limited. */
export const isLongFaultRun = (): boolean => Boolean(process.env["FAIRLEAD_FAULT_ROUNDS"]);
