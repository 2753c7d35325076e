import { createPublicKey } from 'node:crypto';
import { compactVerify } from 'jose';
import type { GivenLicence, LicenceTerms } from '../core/manage/licence.js';
import { NEVER, type Timestamp } from '../core/model/time.js';
import { algorithmOf, readPem } from './configured-key.js';

/** The variables of a licence. */
export interface LicenceTexts {
  /** The public key of the licences' issuer, PEM; undefined if no licence is needed. */
  readonly publicKey: string | undefined;
  /** A JWT that this key verifies. */
  readonly key: string | undefined;
}

/**
 * Verifies a licence's signature, with the public key's algorithm only.
 * @throws KeywrightError `invalid-input` if the public key is malformed
 */
export async function readLicence({ publicKey, key }: LicenceTexts): Promise<GivenLicence> {
  if (publicKey === undefined) return { kind: 'not-needed' };
  const name = 'LICENSE_PUBLIC_KEY';
  const verifier = readPem(name, publicKey, createPublicKey);
  const algorithm = algorithmOf(verifier, name);
  if (key === undefined) return { kind: 'unusable', reason: 'LICENSE_KEY is missing' };
  let payload: Uint8Array;
  try {
    ({ payload } = await compactVerify(key.trim(), verifier, { algorithms: [algorithm] }));
  } catch {
    return { kind: 'unusable', reason: 'LICENSE_KEY is not signed by the key of LICENSE_PUBLIC_KEY' };
  }
  const terms = readTerms(Buffer.from(payload).toString());
  return typeof terms === 'string'
    ? { kind: 'unusable', reason: `LICENSE_KEY ${terms}` }
    : { kind: 'verified', terms };
}

/**
 * Reads the terms of a licence, or finds its fault. A claim of a wrong type is a fault, because it may have been meant
 * as a limit.
 */
function readTerms(payload: string): LicenceTerms | string {
  const claims = parseObject(payload);
  if (claims === undefined) return 'holds no claims';
  const { exp, nbf, deviceLimit = null, features = [] } = claims;
  const expiresAt = seconds(exp);
  const notBefore = nbf === undefined ? 0 : seconds(nbf);
  if (expiresAt === undefined) return 'does not say when it ends ("exp")';
  if (notBefore === undefined) return 'begins at no time ("nbf")';
  const isCount = typeof deviceLimit === 'number' && Number.isSafeInteger(deviceLimit) && deviceLimit >= 0;
  if (deviceLimit !== null && !isCount) return 'has a "deviceLimit" that is no count';
  if (!Array.isArray(features) || !features.every((each) => typeof each === 'string'))
    return 'has "features" that are no list of texts';
  return { deviceLimit, features, notBefore, expiresAt };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

// RFC 7519 section 2, NumericDate
function seconds(claim: unknown): Timestamp | undefined {
  if (typeof claim !== 'number' || !Number.isFinite(claim) || claim < 0) return undefined;
  return Math.min(Math.floor(claim) * 1000, NEVER);
}
