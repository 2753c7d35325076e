import type { X509Certificate } from 'node:crypto';
import { canonicalClientId } from '../model/client-id.js';
import type { PresentedApiKey, PresentedText } from '../model/presented-credential.js';
import type { Principal } from '../model/principal.js';
import type { PresentedSessionCookie } from '../model/session-cookie.js';

/** A certificate that its holder proved possession of, or that an operator asks about. */
export interface PresentedCertificate {
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  /** The client id in its subject; undefined if it names none. */
  readonly clientId: string | undefined;
  /** Serial number, lower-case hex, by which a certificate that was replaced is known. */
  readonly serial?: string;
}

/** A certificate that another CA issued, or that cannot be read: nobody is known by it. */
export const UNKNOWN_CERTIFICATE: PresentedCertificate = { fingerprint: '', clientId: undefined };

/** The text of a credential as it was read, the console's cookie, or one of the two ways to present a password over MQTT. */
export type PresentedCredential =
  | PresentedText
  | PresentedSessionCookie
  | PresentedKeyAndPassword
  | PresentedNameAndPassword;

/** An API key, and the MQTT password of its client; empty if the key came without one. */
export interface PresentedKeyAndPassword {
  readonly kind: 'key-and-password';
  readonly key: PresentedApiKey;
  readonly password: string;
}

/** A client id, and an MQTT password that suffices by itself. */
export interface PresentedNameAndPassword {
  readonly kind: 'password';
  readonly clientId: string;
  readonly password: string;
}

/** The parts that were extracted from a request, a CONNECT or a file; each one that is there must hold. */
export interface Presentation {
  readonly credential?: PresentedCredential | undefined;
  readonly certificate?: PresentedCertificate | undefined;
  /** The id that the caller says it has; it must be the credential's client. */
  readonly clientId?: string | undefined;
  /** The domain that the caller wants to act in, which must be one of its own; null if it named two. */
  readonly domain?: string | null | undefined;
  /** The demand of the way in. */
  readonly demand?: Demand | undefined;
}

/** MQTT's demand of whoever connects. */
export const CONNECT_DEMAND: Demand = { connect: true };

/** MQTT's right to connect, or the rights that a request needs. */
export type Demand = { readonly connect: true } | RequestDemand;

export interface RequestDemand {
  /** All of these. */
  readonly scopes: readonly string[];
  /** The client that the path belongs to; null if it is nobody's. */
  readonly clientId?: string | null;
  /** True if whoever presents nothing gets in. What is presented must hold all the same. */
  readonly isPublic?: boolean;
}

/**
 * The reason why a presentation was rejected. `missing` and `invalid` are all that is told to whoever proved nothing;
 * the others describe the state of a credential whose secret was proved.
 */
export type Rejection =
  | 'missing'
  | 'conflicting-credentials'
  | 'invalid'
  | 'revoked'
  | 'suspended'
  | 'not-yet-valid'
  | 'expired'
  | 'wrong-client-id'
  | 'wrong-domain'
  | 'wrong-path'
  | 'insufficient-scope'
  | 'unavailable';

export type Verdict =
  | {
      readonly outcome: 'accepted';
      readonly principal: Principal;
      /** The id of the password that went with an API key, null if its client has none; undefined if none was asked for. */
      readonly passwordId?: string | null | undefined;
    }
  | { readonly outcome: 'rejected'; readonly reason: Rejection };

/** Reads a certificate for verification. It never throws: one that cannot be read is unknown. */
export function presentCertificate(certificate: X509Certificate): PresentedCertificate {
  try {
    // Node gives a certificate with an empty subject no subject at all.
    const subject: string | undefined = certificate.subject;
    const names = (subject ?? '').split('\n').filter((line) => line.startsWith('CN='));
    return {
      fingerprint: certificateFingerprint(certificate),
      serial: certificate.serialNumber.toLowerCase(),
      clientId: names.length === 1 ? canonicalClientId(names[0]?.slice('CN='.length) ?? '') : undefined,
    };
  } catch {
    return UNKNOWN_CERTIFICATE;
  }
}

/** SHA-256 of the certificate's DER, lower-case hex. */
export function certificateFingerprint(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}
