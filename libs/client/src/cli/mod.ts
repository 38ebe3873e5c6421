/**
 * The commands that talk to a running Fairlead, for whoever assembles a command line. Importing this loads the option
 * parser only; each command loads what it needs when it runs.
 *
 * @module
 */
export {
  addConnectionOptions,
  type ConnectionOptions,
  resolveHttp,
  UsageError,
} from "./connection-options.ts";
export { sendCommand } from "./send-command.ts";
export { tailCommand } from "./tail-command.ts";
export { approximateSize, exitCodes, say, type Terminal, writeOut } from "./terminal.ts";
