import type { UdpListenerKind } from "@fairlead/contracts";
import type { ListenerKind } from "./kind.ts";
import { raw } from "./raw/kind.ts";
import { statsd } from "./statsd/kind.ts";
import { syslog } from "./syslog/kind.ts";

/** Every kind of listener, in the order of the default listeners. The names are those of libs/contracts/src/names.ts. */
export const kinds = { raw, syslog, statsd } satisfies {
  readonly [Name in UdpListenerKind]: ListenerKind<Name>;
};

export function kindOf(name: UdpListenerKind): ListenerKind {
  return kinds[name];
}
