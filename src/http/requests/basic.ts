// `CredentialHeaders` writes a credential of HTTP Basic in this form.
const BASIC = /^basic-key:([A-Za-z0-9+/]+={0,2})$/;

/**
 * Reads the two parts of HTTP Basic (RFC 7617 section 2) from a credential's text; undefined if it is another kind of
 * credential.
 */
export function basicCredentials(
  text: string | null | undefined,
): { readonly id: string; readonly secret: string } | undefined {
  const [, encoded] = BASIC.exec(text ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString();
  const colon = decoded.indexOf(':');
  return colon < 1 ? undefined : { id: decoded.slice(0, colon), secret: decoded.slice(colon + 1) };
}
