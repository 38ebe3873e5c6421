import { ManualClock } from "@fairlead/core/manual-clock";
import { temporaryDirectory } from "@fairlead/harness";
import type { ContractSubject } from "../contract/subject.ts";
import { stateContract } from "../contract.ts";
import { openSqliteState } from "./open.ts";

/** A crash in one process: the file is opened as it was left. `durable.test.ts` does it with kill -9. */
async function open(): Promise<ContractSubject> {
  const directory = await temporaryDirectory();
  const clock = new ManualClock();
  const options = { file: directory.file("state.db"), clock };
  let state = await openSqliteState(options);
  return {
    get first() {
      return state;
    },
    get second() {
      return state;
    },
    async restart() {
      await state[Symbol.asyncDispose]();
      state = await openSqliteState(options);
    },
    pass: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {
      await state[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

stateContract("sqlite", open);
