import { formatTraceparent, parseTraceparent, type Span, type Tracer } from "@fairlead/core";
import type { Request } from "express";

/** The place of a request in a trace. */
export interface RequestTrace {
  readonly span: Span;
  /** The `traceparent` of the request's span. Where nothing is traced, that of the client, if the client sent a valid one. */
  readonly traceparent: string | undefined;
  readonly traceId: string | undefined;
}

/**
 * Starts the span of a request, with the attributes of OpenTelemetry's semantic conventions for HTTP servers. The query is left
 * out, because a query may hold secrets.
 */
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

/** @param route undefined where no route was found: the path would give too many names */
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
  // An error of the client is no failure of the server. An answer that broke off in the middle is one, whatever its status.
  span.end(error ?? (status < 500 ? undefined : new Error(`Cannot answer: ${status}`)));
}
