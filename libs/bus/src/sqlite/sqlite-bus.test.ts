import { join } from "node:path";
import { temporaryDirectory } from "../../test/temporary.ts";
import { busContract, contractLimits } from "../contract.ts";
import { openSqliteBus } from "./sqlite-bus.ts";

busContract("sqlite", async () => {
  const directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  let bus = await openSqliteBus({ path, ...contractLimits });
  return {
    get bus() {
      return bus;
    },
    async reopen() {
      await bus[Symbol.asyncDispose]();
      bus = await openSqliteBus({ path, ...contractLimits });
      return bus;
    },
    async [Symbol.asyncDispose]() {
      await bus[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
});
