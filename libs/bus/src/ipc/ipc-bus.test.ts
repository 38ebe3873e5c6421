import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { temporaryDirectory } from "../../test/temporary.ts";
import { busContract, contractLimits } from "../contract.ts";
import { openIpcBus } from "./ipc-bus.ts";

const ownerScript = new URL("../../test/owner.ts", import.meta.url);

/** The roles are turned round: the child owns the log and this process is the worker. The channel has no direction. */
const forkOwner = (path: string): ChildProcess =>
  fork(ownerScript, [path], {
    serialization: "advanced",
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });

async function endOwner(owner: ChildProcess): Promise<void> {
  if (owner.exitCode !== null || owner.signalCode !== null) return;
  const exited = once(owner, "exit");
  owner.disconnect();
  await exited;
}

busContract("ipc", async () => {
  const directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  const { maxPendingBytes, maxPendingEvents } = contractLimits;
  let owner = forkOwner(path);
  let bus = await openIpcBus(owner, { maxPendingBytes, maxPendingEvents });
  return {
    get bus() {
      return bus;
    },
    async reopen() {
      await bus[Symbol.asyncDispose]();
      await endOwner(owner);
      owner = forkOwner(path);
      bus = await openIpcBus(owner, { maxPendingBytes, maxPendingEvents });
      return bus;
    },
    async [Symbol.asyncDispose]() {
      await bus[Symbol.asyncDispose]();
      await endOwner(owner);
      directory[Symbol.dispose]();
    },
  };
});
