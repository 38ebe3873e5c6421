/**
 * Node's HTTP module without its ECMAScript facade: an `import` of "node:http" reads every export once, and the export `WebSocket`
 * loads all of undici, and undici takes 13 MB of memory that nothing here needs.
 */
export const http = process.getBuiltinModule("node:http");
