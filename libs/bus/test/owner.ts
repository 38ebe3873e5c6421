/** A process that owns a log and serves it over its channel: the other half of the contract of the ipc driver. */

import { contractLimits } from "../src/contract/support.ts";
import { serveBus } from "../src/ipc/serve.ts";
import { openSqliteBus } from "../src/sqlite/sqlite-bus.ts";

const bus = await openSqliteBus({ path: process.argv[2]!, ...contractLimits });
serveBus(process, bus);
process.once("disconnect", () => void bus[Symbol.asyncDispose]());
