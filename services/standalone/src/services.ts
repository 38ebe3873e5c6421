import type { ServiceDefinition } from "@fairlead/engine";
import { tcpGateway } from "@fairlead/tcp-gateway";
import { udpCollector } from "@fairlead/udp-collector";

/** Every service that this process runs: the one place where they are named. */
export const services: readonly ServiceDefinition[] = [tcpGateway, udpCollector];
