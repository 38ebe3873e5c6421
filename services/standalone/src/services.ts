import type { ServiceDefinition } from "@fairlead/engine";
import { tcpGateway } from "@fairlead/tcp-gateway";
import { udpCollector } from "@fairlead/udp-collector";

/** The list of services: the one place in code that names them all. docs/how-to/add-a-service.md says what follows from the list. */
export const services: readonly ServiceDefinition[] = [tcpGateway, udpCollector];
