import { readFileSync } from "node:fs";

/** Of all packages: they are released together, and name each other by it. */
export const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
