import { constants, type KeyObject, verify } from 'node:crypto';
import { children, contentOf, type Node, oidOf, tagOf } from './der.js';

interface SignedInfo {
  readonly publicKey: KeyObject;
  /** The signed octets. */
  readonly info: Buffer;
  readonly algorithm: Node;
  readonly signature: Node;
}

/** True if a request is signed by its own key, with an algorithm for that kind of key and SHA-256 or a stronger hash. */
export function requestSignatureHolds({ publicKey, info, algorithm, signature }: SignedInfo): boolean {
  const [id, parameters] = children(algorithm);
  const scheme = schemeOf(oidOf(id) ?? '', parameters);
  // The first octet of a BIT STRING counts its unused bits; a signature has none, RFC 5280 section 4.1.1.3.
  const [unused, bits] = [contentOf(signature)[0], contentOf(signature).subarray(1)];
  const isSigned = unused === 0 && tagOf(signature).universal === BIT_STRING;
  if (scheme === undefined || scheme.keyType !== publicKey.asymmetricKeyType || !isSigned) return false;
  const { digest, saltLength } = scheme;
  const padding = saltLength === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  try {
    return verify(digest, info, { key: publicKey, ...padding }, bits);
  } catch {
    return false;
  }
}

const BIT_STRING = 3;

interface Scheme {
  readonly keyType: string;
  readonly digest: string | null;
  /** The length of the salt of RSASSA-PSS; undefined for other schemes. */
  readonly saltLength?: number;
}

// RFC 5758 section 3.2, RFC 8017 appendix A.2.4, RFC 8410 section 3.
const SCHEMES: Record<string, Scheme> = {
  '1.2.840.10045.4.3.2': { keyType: 'ec', digest: 'sha256' },
  '1.2.840.10045.4.3.3': { keyType: 'ec', digest: 'sha384' },
  '1.2.840.10045.4.3.4': { keyType: 'ec', digest: 'sha512' },
  '1.2.840.113549.1.1.11': { keyType: 'rsa', digest: 'sha256' },
  '1.2.840.113549.1.1.12': { keyType: 'rsa', digest: 'sha384' },
  '1.2.840.113549.1.1.13': { keyType: 'rsa', digest: 'sha512' },
  '1.3.101.112': { keyType: 'ed25519', digest: null },
};

const PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';
const HASHES: Record<string, string> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

function schemeOf(id: string, parameters: Node | undefined): Scheme | undefined {
  return id === PSS ? pssScheme(parameters) : SCHEMES[id];
}

/** RSASSA-PSS-params (RFC 8017 appendix A.2.3): [0] hash, [1] MGF1 with the same hash, [2] length of the salt. */
function pssScheme(parameters: Node | undefined): Scheme | undefined {
  const part = (tag: number) => {
    const found = parameters && children(parameters).find((each) => tagOf(each).context === tag);
    return found && children(found)[0];
  };
  const hashOf = (algorithm: Node | undefined) => HASHES[oidOf(algorithm && children(algorithm)[0]) ?? ''];
  const [maskId, maskHash] = children(part(1) ?? NOTHING);
  const digest = hashOf(part(0));
  const salt = part(2);
  const trailer = part(3);
  if (digest === undefined || oidOf(maskId) !== MGF1 || hashOf(maskHash) !== digest || trailer !== undefined)
    return undefined;
  // A salt length that is left out is 20.
  const saltLength =
    salt === undefined ? 20 : contentOf(salt).readUIntBE(0, Math.min(contentOf(salt).length, 4));
  return { keyType: 'rsa', digest, saltLength };
}

const NOTHING: Node = { tagClass: 0, type: 0, constructed: true, composed: true, value: [] };
