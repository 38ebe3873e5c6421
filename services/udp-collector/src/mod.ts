/**
 * The UDP collector: raw datagrams, syslog and statsd become durable events, with every lost datagram counted.
 *
 * @module
 */
export { udpCollector } from "./service.ts";
