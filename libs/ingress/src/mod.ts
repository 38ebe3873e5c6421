/**
 * The TCP edge that every TCP service stands on: configuration, Edge, ledger, retrying publisher, credit.
 *
 * @module
 */
export { BusWatch } from "./bus-watch.ts";
export { Credit } from "./credit.ts";
export { Ledger, type LedgerSnapshot, type Tally } from "./ledger.ts";
export { type Patience, PatientPublisher } from "./retrying-publisher.ts";
