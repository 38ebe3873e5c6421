import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Memory behind the buffers of this process that are in use. */
export function heldBytes(): number {
  // The memory behind a buffer is given back by the collection after the one that found it unused.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}
