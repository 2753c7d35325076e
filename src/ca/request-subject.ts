import { wrongRequest } from '../core/manage/certification-request.js';
import type { CertificationRequest } from '../core/ports/certificate-authority.js';
import { children, contentOf, type Node, oidOf, tagOf } from './der.js';
import { ATTRIBUTE_TYPES } from './x509.js';

/**
 * Reads a request's subject: its common name, and the types of all other attributes.
 * @throws KeywrightError `invalid-input` if it cannot be read
 */
export function readSubject(subject: Node): Pick<CertificationRequest, 'commonName' | 'otherAttributes'> {
  const attributes = partsOf(subject, SEQUENCE).flatMap((part) => partsOf(part, SET).map(readAttribute));
  const named = attributes.find(({ type }) => type === 'CN');
  const others = attributes.filter((attribute) => attribute !== named);
  return {
    commonName: named && textOf(named.value),
    otherAttributes: others.map(({ type }) => type),
  };
}

const SEQUENCE = 16;
const SET = 17;

function readAttribute(attribute: Node) {
  const [id, value, ...more] = partsOf(attribute, SEQUENCE);
  const type = oidOf(id);
  if (type === undefined || value === undefined || more.length > 0) throw unreadable();
  return { type: typeName(type), value };
}

function partsOf(node: Node, type: number): Node[] {
  if (tagOf(node).universal !== type) throw unreadable();
  return children(node);
}

function unreadable() {
  return wrongRequest('has a subject that cannot be read');
}

// RFC 4519, and what devices and older tools write.
const TYPES = {
  ...ATTRIBUTE_TYPES,
  serialNumber: '2.5.4.5',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1',
};

function typeName(id: string): string {
  const [known] = Object.entries(TYPES).find(([, each]) => each === id) ?? [];
  return known ?? id;
}

// DirectoryString, RFC 5280 section 4.1.2.4, in the forms that are in use.
const UTF8 = 12;
const PRINTABLE = 19;
const TELETEX = 20;
const IA5 = 22;
const BMP = 30;

function textOf(node: Node): string {
  const { universal } = tagOf(node);
  const content = contentOf(node);
  switch (universal) {
    case UTF8:
      return decoded(content, 'utf8');
    case PRINTABLE:
    case IA5:
      return decoded(content, 'latin1');
    case TELETEX:
      // Beyond ASCII, programs differ in what they read.
      if (content.some((octet) => octet >= 0x80)) throw unreadable();
      return decoded(content, 'latin1');
    case BMP:
      if (content.length % 2 !== 0) throw unreadable();
      return decoded(content.swap16(), 'utf16le');
    default:
      throw unreadable();
  }
}

// Ill-formed octets would be read as other characters.
function decoded(content: Buffer, encoding: BufferEncoding): string {
  const text = content.toString(encoding);
  if (!Buffer.from(text, encoding).equals(content)) throw unreadable();
  return text;
}
