/**
 * All services in one process: what `npm start` runs, and the `fairlead` command.
 *
 * @module
 */
export { services } from "./services.ts";
export { type UpOptions, up } from "./up.ts";
