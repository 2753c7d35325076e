import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { wrongRequest } from '../core/manage/certification-request.js';
import { type KeyPair, keyAlgorithmOf } from '../core/model/key-algorithm.js';
import type { CertificationRequest } from '../core/ports/certificate-authority.js';
import {
  bitString,
  children,
  contentOf,
  der,
  explicit,
  integer,
  type Node,
  oidOf,
  parseDer,
  sequence,
  tagOf,
} from './der.js';
import { readExtensions } from './request-extensions.js';
import { requestSignatureHolds } from './request-signature.js';
import { name, signatureAlgorithm, spki } from './x509.js';

// An RSA-4096 request with a few names has 2 KiB.
const MAX_LENGTH = 16 * 1024;

const PEM =
  /^\s*-----BEGIN (NEW )?CERTIFICATE REQUEST-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END (NEW )?CERTIFICATE REQUEST-----\s*$/;

/**
 * Reads a PKCS#10 request (RFC 2986) in PEM, and checks that it is signed by its own private key.
 * @throws KeywrightError `invalid-input`, which names the fault, if it cannot be taken
 */
export function readRequest(pem: string): CertificationRequest {
  if (pem.length > MAX_LENGTH) throw wrongRequest(`is longer than ${MAX_LENGTH} octets`);
  const [, , base64 = ''] = PEM.exec(pem) ?? [];
  const [info, algorithm, signature, ...more] = fields(parseDer(Buffer.from(base64, 'base64')));
  const [version, subject, key, attributes, ...rest] = fields(info);
  const isWhole = info && fields(algorithm).length > 0 && algorithm && signature && version && subject && key;
  if (!isWhole || more.length > 0 || rest.length > 0 || !contentOf(version).equals(Buffer.of(0))) {
    throw wrongRequest('is not one', 'give one PKCS#10 request in PEM, and nothing beside it');
  }
  const publicKey = readPublicKey(key);
  if (!requestSignatureHolds({ publicKey, info: der(info), algorithm, signature }))
    throw wrongRequest(
      'is not signed by its own key',
      'or by an algorithm of no use: sign it with SHA-256 or better',
    );
  return { publicKey, commonName: commonNameOf(subject), alternativeNames: readExtensions(attributes) };
}

/** Makes a request in PEM. It has no CN if the name is too long for one. */
export function signRequest(commonName: string, { publicKey, privateKey }: KeyPair): string {
  // RFC 5280 appendix A.1, ub-common-name
  const subject = commonName.length > 64 ? [] : [{ type: 'CN' as const, value: commonName }];
  const info = sequence(integer(Buffer.of(0)), name(subject), spki(publicKey), explicit(0));
  const { identifier, digest } = signatureAlgorithm(privateKey);
  const signature = sign(digest, der(info), privateKey);
  const base64 = der(sequence(info, identifier, bitString(signature))).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join(
    '\n',
  );
}

const CN = '2.5.4.3';
const SEQUENCE = 16;

function fields(node: Node | undefined): Node[] {
  return node && tagOf(node).universal === SEQUENCE ? children(node) : [];
}

/** The public key, which must be of a kind that `key gen` makes. */
function readPublicKey(info: Node): KeyObject {
  const [algorithm] = fields(info);
  const [, parameters] = algorithm ? fields(algorithm) : [];
  let key: KeyObject;
  try {
    key = createPublicKey({ key: der(info), format: 'der', type: 'spki' });
  } catch {
    throw wrongRequest('has no public key that can be read');
  }
  // RFC 5480 section 2.1.1: a curve is named; one that is described may be another.
  const isNamed = key.asymmetricKeyType !== 'ec' || oidOf(parameters) !== undefined;
  if (keyAlgorithmOf(key) === undefined || !isNamed || isWeak(key)) {
    throw wrongRequest(
      'has a key that is weak or of an unknown kind',
      'keys are EC P-256, P-384 or P-521, Ed25519, or RSA of 2048, 3072 or 4096 bits',
    );
  }
  return key;
}

function isWeak(key: KeyObject): boolean {
  if (key.asymmetricKeyType === 'ed25519') return hasSmallOrder(key);
  const exponent = key.asymmetricKeyDetails?.publicExponent ?? 65_537n;
  return exponent < 3n || exponent % 2n === 0n;
}

// Points of small order, without their sign bit, in both encodings: anybody can forge a signature for these.
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

function hasSmallOrder(key: KeyObject): boolean {
  const point = key.export({ type: 'spki', format: 'der' }).subarray(-32);
  point.writeUInt8(point.readUInt8(31) & 0x7f, 31);
  return SMALL_ORDER.includes(point.toString('hex'));
}

/** The subject's only attribute, a common name; undefined if the subject is empty. */
function commonNameOf(subject: Node): string | undefined {
  const sets = fields(subject);
  if (sets.length === 0 && tagOf(subject).universal === SEQUENCE) return undefined;
  const [attribute, ...others] = sets.flatMap((set) => children(set));
  const [type, value] = fields(attribute);
  const text = value && others.length === 0 && oidOf(type) === CN ? textOf(value) : undefined;
  if (text === undefined)
    throw wrongRequest('has a subject of more than a CN', 'its subject is empty, or one CN');
  return text;
}

// DirectoryString, RFC 5280 section 4.1.2.4, in the forms that are in use.
const UTF8_STRING = 12;
const ASCII_STRINGS = [19, 22];

function textOf(node: Node): string | undefined {
  const { universal = 0 } = tagOf(node);
  const content = contentOf(node);
  const encoding = universal === UTF8_STRING ? 'utf8' : 'latin1';
  if (universal !== UTF8_STRING && !ASCII_STRINGS.includes(universal)) return undefined;
  const text = content.toString(encoding);
  // Ill-formed octets would be read as other characters.
  return Buffer.from(text, encoding).equals(content) ? text : undefined;
}
