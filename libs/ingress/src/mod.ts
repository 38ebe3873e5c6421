/**
 * The TCP edge that every TCP service stands on: configuration, Edge, ledger, retrying publisher, credit.
 *
 * @module
 */
export {};
