const NAME = '(?:NEW )?CERTIFICATE REQUEST';
const BLOCK = new RegExp(`-----BEGIN ${NAME}-----([A-Za-z0-9+/=\\s]*)-----END ${NAME}-----`);
const BEGIN = new RegExp(`-----BEGIN ${NAME}-----`, 'g');
const BASE64 = /^[A-Za-z0-9+/=\s]+$/;

/**
 * Finds the DER of the one request in what tools write: PEM with anything around it (RFC 7468 section 2), base64 alone
 * (RFC 7030 section 4.2.1), or DER. @returns undefined if there is no request, or more than one
 */
export function requestDer(input: Buffer): Buffer | undefined {
  if (isDer(input)) return input;
  const text = textOf(input);
  const [, base64] = BLOCK.exec(text) ?? [];
  if (base64 === undefined) return BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
  return text.match(BEGIN)?.length === 1 ? Buffer.from(base64, 'base64') : undefined;
}

// A SEQUENCE whose length has octets of its own, which no text has in second place.
function isDer(input: Buffer): boolean {
  return input[0] === 0x30 && (input[1] ?? 0) > 0x80;
}

/** Decodes a text by its byte order mark. Windows PowerShell writes UTF-16. */
function textOf(input: Buffer): string {
  const encoding = input[0] === 0xff && input[1] === 0xfe ? 'utf16le' : 'utf8';
  return input.toString(encoding).replace(/^\uFEFF/, '');
}
