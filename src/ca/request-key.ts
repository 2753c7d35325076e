import { createPublicKey, type KeyObject } from 'node:crypto';
import { wrongRequest } from '../core/manage/certification-request.js';
import { keyAlgorithmOf } from '../core/model/key-algorithm.js';
import { children, der, type Node, oidOf } from './der.js';

/**
 * Reads the public key of a request, which must be of a kind that `key gen` makes.
 * @throws KeywrightError `invalid-input`
 */
export function readPublicKey(info: Node): KeyObject {
  const [algorithm] = children(info);
  const [, parameters] = algorithm ? children(algorithm) : [];
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
      'keys are EC P-256, P-384 or P-521, Ed25519, or RSA of 2048, 3072 or 4096 bits with 65537 for its exponent',
    );
  }
  return key.asymmetricKeyType === 'ec' ? withWholePoint(key) : key;
}

// Go, Java and others read no compressed points. A JWK has both coordinates.
function withWholePoint(key: KeyObject): KeyObject {
  return createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
}

function isWeak(key: KeyObject): boolean {
  if (key.asymmetricKeyType === 'ed25519') return hasSmallOrder(key);
  const exponent = key.asymmetricKeyDetails?.publicExponent ?? LEAST_EXPONENT;
  return exponent < LEAST_EXPONENT || exponent % 2n === 0n;
}

// CA/Browser Forum baseline requirements, 6.1.6.
const LEAST_EXPONENT = 65_537n;

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
