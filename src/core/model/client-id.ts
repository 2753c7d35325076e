import { KeywrightError } from './errors.js';

// At most 64, which is also what a certificate's common name holds (RFC 5280 appendix A.1, ub-common-name).
const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;

/** What a client id may look like, in words. */
const CLIENT_ID_RULE =
  '1 to 64 characters: a letter or digit first, then letters, digits, "_", ".", "@" or "-"';

/** The canonical (lower-case) form of a client id. @throws KeywrightError `invalid-input` */
export function parseClientId(text: string): string {
  const id = canonicalClientId(text);
  if (id === undefined) {
    throw new KeywrightError('invalid-input', `client id ${quote(text)} is not allowed`, {
      hint: `an id has ${CLIENT_ID_RULE}`,
    });
  }
  return id;
}

/** The canonical form of a client id, or undefined where it is none. */
export function canonicalClientId(text: string): string | undefined {
  // Checked before it is lowered: other alphabets have letters that lower-case to ASCII ones.
  return CLIENT_ID.test(text) ? text.toLowerCase() : undefined;
}

// JSON quoting keeps control characters of hostile input out of a terminal.
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
