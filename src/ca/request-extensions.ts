import { wrongRequest } from '../core/manage/certification-request.js';
import { children, contentOf, type Node, oidOf, parseDer, tagOf } from './der.js';

// The attributes that hold extensions: RFC 2985 section 5.4.2, and Microsoft's, which is older.
const EXTENSION_REQUESTS = ['1.2.840.113549.1.9.14', '1.3.6.1.4.1.311.2.1.14'];

const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const ALTERNATIVE_NAMES = '2.5.29.17';

// Bits 5 and 6 of KeyUsage, RFC 5280 section 4.2.1.3.
const KEY_CERT_SIGN = 0x04;
const CRL_SIGN = 0x02;

/**
 * The alternative names that a request asks for. Other extensions are ignored, but a request for a CA is refused.
 * @throws KeywrightError `invalid-input` if it asks for a CA, or cannot be read
 */
export function readExtensions(attributes: Node | undefined): string[] {
  if (attributes === undefined) return [];
  const requested = children(attributes)
    .map((attribute) => children(attribute))
    .filter(([id]) => EXTENSION_REQUESTS.includes(oidOf(id) ?? ''))
    .flatMap(([, values]) => (values ? children(values) : []))
    .flatMap((extensions) => children(extensions));
  return requested.flatMap(readExtension);
}

function readExtension(extension: Node): string[] {
  const parts = children(extension);
  const id = oidOf(parts[0]);
  const last = parts.at(-1);
  // The value of an extension is DER in an OCTET STRING.
  const value = last && tagOf(last).universal === OCTET_STRING ? parseDer(contentOf(last)) : undefined;
  if (id === undefined || value === undefined)
    throw wrongRequest('asks for an extension that cannot be read');
  if (id === BASIC_CONSTRAINTS && asksForCa(value)) throw wrongRequest('asks for a CA');
  if (id === KEY_USAGE && ((contentOf(value)[1] ?? 0) & (KEY_CERT_SIGN | CRL_SIGN)) !== 0)
    throw wrongRequest('asks to sign certificates');
  return id === ALTERNATIVE_NAMES ? children(value).map(alternativeName) : [];
}

const BOOLEAN = 1;
const OCTET_STRING = 4;

function asksForCa(value: Node): boolean {
  const [first] = children(value);
  return first !== undefined && tagOf(first).universal === BOOLEAN && contentOf(first)[0] !== 0;
}

const DNS_NAME = 2;
const URI = 6;

// Names of other kinds have their kind in front: they equal no DNS name.
function alternativeName(node: Node): string {
  const { context = -1 } = tagOf(node);
  const text = contentOf(node).toString('latin1');
  if (context === DNS_NAME) return text;
  return `${context === URI ? 'uri' : context}:${text}`;
}
