const url = /(\b[a-z][a-z0-9+.-]{0,30}:|(?<=^|[\s"'(=]))\/\/\S+/gi;

/**
 * The text with the secrets of its URLs replaced by "***": user and password, and every value of a query. A secret is told by its
 * place. So a password with "/", "#", "?" or "@", which breaks the URL, is hidden too, and sometimes more than the password.
 */
export function redactUrls(text: string): string {
  return text.replace(url, (found: string, scheme: string) => hideIn(`${scheme}//`, found));
}

/** As `redactUrls`, for a text that is one value: it may be a URL without its scheme, or one with spaces. */
export function redactUrlValue(text: string): string {
  const [scheme] = /^\s*(?:[a-z][a-z0-9+.-]*:)?\/\//i.exec(text) ?? [];
  if (scheme !== undefined) return hideIn(scheme, text);
  return /^\S*:\S*@\S*$/.test(text) ? hideIn("", text) : redactUrls(text);
}

function hideIn(scheme: string, text: string): string {
  const at = text.lastIndexOf("@");
  const rest = text.slice(Math.max(at + 1, scheme.length));
  const shown = rest.replace(/([?&;#][^=&;#]*=)[^&;#]+/g, "$1***");
  return at === -1 ? `${scheme}${shown}` : `${scheme}***@${shown}`;
}
