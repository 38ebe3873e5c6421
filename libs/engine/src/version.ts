import { readFileSync } from "node:fs";

/** The version of all packages: they are released together, and name each other by this version. */
export const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
