/**
 * The TCP gateway: any framed TCP or Unix-socket client becomes durable events.
 *
 * @module
 */
export { tcpGateway } from "./service.ts";
