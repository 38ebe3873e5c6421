/**
 * The TCP edge that every TCP service stands on: configuration, Edge, ledger, retrying publisher, credit.
 *
 * @module
 */
export { BusWatch } from "./bus-watch.ts";
export { Credit } from "./credit.ts";
export { type CountedElsewhere, Ledger, type LedgerSnapshot, type Tally } from "./ledger.ts";
export { type LedgerMetricsOptions, metricPrefix, showLedger } from "./ledger-metrics.ts";
export { QuietLog } from "./quiet-log.ts";
export { busRejectReasons, rejectReason } from "./reject-reason.ts";
export { isFinal, RetryingPublisher, type RetryingPublisherParts } from "./retrying-publisher.ts";
export { followReasons, followTotal } from "./totals.ts";
