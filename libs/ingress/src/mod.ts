/**
 * Layer 5: the edge that every TCP service stands on, and what services that take events from a socket share: the loss
 * ledger, the publisher that tries again, the credit.
 *
 * @module
 */
export { BusWatch } from "./bus-watch.ts";
export { Credit } from "./credit.ts";
export { Edge, type EdgeParts, edgeSource } from "./edge.ts";
export { checkEdgeListener, type EdgeListenerConfig, edgeListenerShape, planEdges } from "./edge-config.ts";
export { type CountedElsewhere, Ledger, type LedgerSnapshot, type Tally } from "./ledger.ts";
export { type LedgerMetricsOptions, metricPrefix, showLedger } from "./ledger-metrics.ts";
export { type EdgeAdmission, listenOptions } from "./listen-options.ts";
export { QuietLog } from "./quiet-log.ts";
export { busRejectReasons, rejectReason } from "./reject-reason.ts";
export { isFinal, RetryingPublisher, type RetryingPublisherParts } from "./retrying-publisher.ts";
export { addConnectionRoutes, type ConnectionRoutesOptions } from "./routes.ts";
export { drainEnding, type Ending, operatorEnding, type Session } from "./session.ts";
export { followReasons, followTotal } from "./totals.ts";
