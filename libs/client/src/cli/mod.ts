/**
 * The commands that talk to a running Fairlead, to be put into a command line. An import of this module loads the option parser
 * only. Each command loads its other modules when the command runs.
 *
 * @module
 */
export {
  addConnectionOptions,
  type ConnectionOptions,
  reachable,
  resolveHttp,
  UsageError,
} from "./connection-options.ts";
export { sendCommand } from "./send-command.ts";
export { tailCommand } from "./tail-command.ts";
export { approximateSize, exitCodes, say, type Terminal, writeOut } from "./terminal.ts";
