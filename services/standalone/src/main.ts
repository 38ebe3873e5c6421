/** The process entry where no command line is wanted: a container, a unit file. Logs JSON, prints nothing else. */
import { runProcess } from "@fairlead/engine";
import { services } from "./services.ts";

await runProcess({ name: "standalone", services, env: process.env, isTerminal: false });
