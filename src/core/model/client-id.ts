import { KeywrightError } from './errors.js';

// The common name of a certificate also holds 64 characters at most (RFC 5280 appendix A.1, ub-common-name).
const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;

/** The form of a client id, in words. */
const CLIENT_ID_RULE =
  '1 to 64 characters: a letter or digit first, then letters, digits, "_", ".", "@" or "-"';

/** Reads a client id in its canonical (lower-case) form. @throws KeywrightError `invalid-input` */
export function parseClientId(text: string): string {
  const id = canonicalClientId(text);
  if (id === undefined) {
    throw new KeywrightError('invalid-input', `client id ${quote(text)} is not allowed`, {
      hint: `an id has ${CLIENT_ID_RULE}`,
    });
  }
  return id;
}

/** Reads a client id in its canonical form; undefined if the text is no client id. */
export function canonicalClientId(text: string): string | undefined {
  // The check comes first, because other alphabets have letters that become ASCII in lower case.
  return CLIENT_ID.test(text) ? text.toLowerCase() : undefined;
}

/** Makes the URI of a client, which is an alternative name in its certificates. */
export function clientUrn(clientId: string): string {
  return `urn:keywright:client:${clientId}`;
}

// JSON escapes keep the control characters of hostile input out of a terminal.
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
