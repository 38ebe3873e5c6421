import type { IncomingMessage } from "node:http";
import { isIPv4 } from "node:net";
import { ProblemError } from "./problem.ts";
import { mayUse, type Principal, type Tokens } from "./tokens.ts";

const loopback: Principal = { name: "loopback", scopes: ["admin"] };

/** True for 127.0.0.0/8, ::1, and the names that RFC 6761, 6.3 reserves for them. Brackets around an address are allowed. */
export function isLoopback(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost") || name === "::1") return true;
  const v4 = name.startsWith("::ffff:") ? name.slice(7) : name;
  return isIPv4(v4) && v4.startsWith("127.");
}

/** "[::1]:7000" -> "[::1]"; "localhost:7000" -> "localhost" */
function hostOf(authority: string): string {
  return /^(\[[^\]]*\]|[^:]*)(:\d*)?$/.exec(authority)?.[1] ?? "";
}

/**
 * Refuses requests that a foreign page makes in a browser on this machine. Without tokens every request to the socket is allowed,
 * and a browser can reach the socket for any page. So the requested host must be a loopback name, which a DNS name bound again to
 * 127.0.0.1 is not, and the `Origin` of a request must be our own.
 *
 * @throws {ProblemError} 403
 */
export function refuseForeignPages(request: IncomingMessage): void {
  const { host = "", origin } = request.headers;
  if (!isLoopback(hostOf(host))) {
    throw new ProblemError(
      403,
      "HOST_NOT_ALLOWED",
      "Cannot answer for this Host: without tokens only localhost, 127.0.0.0/8 and [::1] are answered for",
    );
  }
  const site = request.headers["sec-fetch-site"] ?? "none";
  const isOwn =
    (origin === undefined || origin === `http://${host}`) && (site === "none" || site === "same-origin");
  if (!isOwn) {
    throw new ProblemError(
      403,
      "ORIGIN_NOT_ALLOWED",
      "Cannot answer a page of another origin: without tokens only our own origin may ask",
    );
  }
}

const realm = 'Bearer realm="fairlead"';

/** @param tokens undefined where no token is needed. @throws {ProblemError} 401 with WWW-Authenticate (RFC 6750, 3) */
export async function authenticate(request: IncomingMessage, tokens: Tokens | undefined): Promise<Principal> {
  if (tokens === undefined) return loopback;
  const { authorization } = request.headers;
  if (authorization === undefined) {
    throw new ProblemError(
      401,
      "TOKEN_MISSING",
      "Cannot answer without a token: send Authorization: Bearer <token>",
      {
        headers: { "www-authenticate": realm },
      },
    );
  }
  const token = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*) *$/i.exec(authorization)?.[1];
  const found = token === undefined ? ({ status: "unknown" } as const) : await tokens.authenticate(token);
  if (found.status === "known") return found.principal;
  const code = found.status === "expired" ? "TOKEN_EXPIRED" : "TOKEN_INVALID";
  const why = found.status === "expired" ? "it has expired" : "it is not known here";
  throw new ProblemError(401, code, `Cannot accept the token: ${why}`, {
    headers: { "www-authenticate": `${realm}, error="invalid_token", error_description="${why}"` },
  });
}

/** @throws {ProblemError} 403 with the scope that is missing */
export function authorize(principal: Principal, scope: string): void {
  if (mayUse(principal, scope)) return;
  throw new ProblemError(
    403,
    "SCOPE_MISSING",
    `Cannot do this with the token ${principal.name}: it needs ${scope}`,
    {
      headers: { "www-authenticate": `${realm}, error="insufficient_scope", scope="${scope}"` },
    },
  );
}
