import type { X509Certificate } from 'node:crypto';
import { canonicalClientId } from '../model/client-id.js';
import type { Principal } from '../model/principal.js';

/** A certificate that its holder proved possession of, or that an operator asks about. */
export interface PresentedCertificate {
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  /** The client id in its subject; undefined where it names none. */
  readonly clientId: string | undefined;
  /** Serial number, lower-case hex, by which a certificate that was replaced is known. */
  readonly serial?: string;
}

/** What was extracted from a request, a CONNECT or a file; each part that is there must hold. */
export interface Presentation {
  readonly token?: string | undefined;
  /** In place of `token`: the id of the client whose password suffices by itself. */
  readonly userName?: string | undefined;
  /** The client's MQTT password, for `userName` or beside an API key in `token`; empty where the key came without one. */
  readonly password?: string | undefined;
  readonly certificate?: PresentedCertificate | undefined;
  /** The id that the caller says it has; it must be the credential's client. */
  readonly clientId?: string | undefined;
  /** The domain that the caller wants to act in; it must be one of its own. */
  readonly domain?: string | undefined;
  /** What the way in demands. */
  readonly demand?: Demand | undefined;
}

/** MQTT's right to connect, or what a request is to show. */
export type Demand = { readonly connect: true } | RequestDemand;

export interface RequestDemand {
  /** All of these. */
  readonly scopes: readonly string[];
  /** Whose the path is; null where it is nobody's. */
  readonly clientId?: string | null;
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
  | 'wrong-domain'
  | 'wrong-path'
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
    serial: certificate.serialNumber.toLowerCase(),
    clientId: names.length === 1 ? canonicalClientId(names[0]?.slice('CN='.length) ?? '') : undefined,
  };
}

/** SHA-256 of the certificate's DER, lower-case hex. */
export function certificateFingerprint(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}
