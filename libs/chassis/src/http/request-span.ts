import { formatTraceparent, parseTraceparent, type Span, type Tracer } from "@fairlead/core";
import type { Request } from "express";

/** How a request stands in a trace. */
export interface RequestTrace {
  readonly span: Span;
  /** Of the request's span; where nothing is traced the client's, when it sent one that is valid. */
  readonly traceparent: string | undefined;
  readonly traceId: string | undefined;
}

/** Attributes as in OpenTelemetry's semantic conventions for HTTP servers; no query, because secrets stand there. */
export function startRequestSpan(tracer: Tracer, request: Request, requestId: string): RequestTrace {
  const { method, path, headers, socket, httpVersion } = request;
  const sent = parseTraceparent(headers["traceparent"]);
  const parent = sent && formatTraceparent(sent);
  const span = tracer.start(method, { kind: "server", parent });
  if (tracer.isOn) {
    span.annotate({
      "http.request.method": method,
      "url.path": path,
      "url.scheme": "http",
      "network.protocol.version": httpVersion,
      "client.address": socket.remoteAddress ?? "",
      "fairlead.request.id": requestId,
    });
  }
  const traceparent = span.traceparent ?? parent;
  return { span, traceparent, traceId: parseTraceparent(traceparent)?.traceId };
}

/** @param route undefined: no route was found, and the path is too many names */
export function endRequestSpan(
  span: Span,
  { method }: Request,
  answer: { readonly route: string | undefined; readonly status: number; readonly error: unknown },
): void {
  const { route, status, error } = answer;
  if (route !== undefined) {
    span.rename(`${method} ${route}`);
    span.annotate({ "http.route": route });
  }
  span.annotate({ "http.response.status_code": status });
  // What the client did wrong is no failure of the server; an answer that broke off in the middle is, whatever its status.
  span.end(error ?? (status < 500 ? undefined : new Error(`Cannot answer: ${status}`)));
}
