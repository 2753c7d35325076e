import type { X509Certificate } from 'node:crypto';
import type { Credential } from './client.js';
import { canonicalClientId } from './client-id.js';
import type { Timestamp } from './time.js';

/** A certificate that its holder proved possession of, or that an operator asks about. */
export interface PresentedCertificate {
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  /** The client id in its subject; undefined where it names none. */
  readonly clientId: string | undefined;
}

/** What was extracted from a request, a CONNECT or a file; each part that is there must hold. */
export interface Presentation {
  readonly token?: string | undefined;
  readonly certificate?: PresentedCertificate | undefined;
  /** The id that the caller says it has; it must be the credential's client. */
  readonly clientId?: string | undefined;
  /** What the way in demands: a scope by name, or MQTT's right to connect. */
  readonly demand?: Demand | undefined;
}

export type Demand = { readonly scope: string } | { readonly connect: true };

/** Who a verdict says is calling. */
export interface Principal {
  readonly clientId: string;
  readonly label: string | null;
  readonly owner: string | null;
  readonly scopes: readonly string[];
  readonly credential: { readonly kind: Credential['kind']; readonly id: string };
  readonly notBefore: Timestamp;
  readonly expiresAt: Timestamp;
}

/**
 * Why a presentation was rejected. `missing` and `invalid` are all that is told to whoever proved nothing;
 * the others describe the state of a credential whose secret was proved.
 */
export type Rejection =
  | 'missing'
  | 'invalid'
  | 'revoked'
  | 'not-yet-valid'
  | 'expired'
  | 'wrong-client-id'
  | 'insufficient-scope'
  | 'unavailable';

export type Verdict =
  | { readonly outcome: 'accepted'; readonly principal: Principal }
  | { readonly outcome: 'rejected'; readonly reason: Rejection };

/** What verification needs to know of a certificate. */
export function presentCertificate(certificate: X509Certificate): PresentedCertificate {
  const names = certificate.subject.split('\n').filter((line) => line.startsWith('CN='));
  return {
    fingerprint: certificateFingerprint(certificate),
    clientId: names.length === 1 ? canonicalClientId(names[0]?.slice('CN='.length) ?? '') : undefined,
  };
}

/** SHA-256 of the certificate's DER, lower-case hex. */
export function certificateFingerprint(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}
