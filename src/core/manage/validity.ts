import { KeywrightError } from '../model/errors.js';
import { soundTime } from '../model/sound-time.js';
import { addDuration, formatTime, type Timestamp, wholeSeconds } from '../model/time.js';
import type { CertificateAuthority } from '../ports/certificate-authority.js';

export interface Validity {
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
}

/** The validity that a certificate gets. */
export interface FoundValidity extends Validity {
  /** True if nobody named an end, and the CA's own came before the usual one. */
  readonly isCut: boolean;
}

const DEFAULT_VALID_FOR = '3y';

/** The validity that a caller asks for. A field that is left out gets its default. */
export interface AskedValidity {
  readonly notBefore?: Timestamp;
  readonly notAfter?: Timestamp;
  /** A duration in place of an end. */
  readonly validFor?: string;
  /** The usual time from the beginning to the end, in milliseconds; three years by default. */
  readonly lifetimeMs?: number | undefined;
}

/**
 * Finds the validity of a new client, within the CA's own.
 * @throws KeywrightError `invalid-input` if the span is impossible
 */
export function clientValidity(
  asked: AskedValidity,
  authority: CertificateAuthority,
  now: Timestamp,
): FoundValidity {
  soundTime(now);
  if (now >= authority.notAfter) {
    throw new KeywrightError('ca-unusable', `the CA ended at ${formatTime(authority.notAfter)}`);
  }
  const start = wholeSeconds(asked.notBefore ?? now);
  const notBefore = asked.notBefore === undefined ? authority.beginningAt(now) : start;
  const told =
    asked.notAfter ?? (asked.validFor === undefined ? undefined : addDuration(start, asked.validFor));
  // A certificate before began earlier than it was made, too.
  const usual =
    asked.lifetimeMs === undefined ? addDuration(start, DEFAULT_VALID_FOR) : notBefore + asked.lifetimeMs;
  // The default end is the CA's if that comes first.
  const notAfter = told ?? Math.min(usual, authority.notAfter);
  const span = `${formatTime(notBefore)} to ${formatTime(notAfter)}`;
  if (notAfter <= notBefore)
    throw new KeywrightError('invalid-input', `the validity ends before it begins: ${span}`);
  if (notAfter <= now) throw new KeywrightError('invalid-input', `the validity ends in the past: ${span}`);
  if (notBefore < authority.notBefore || notAfter > authority.notAfter) {
    throw new KeywrightError('invalid-input', `the validity ${span} is not within that of the CA`, {
      hint: `the CA is valid from ${formatTime(authority.notBefore)} to ${formatTime(authority.notAfter)}`,
    });
  }
  return { notBefore, notAfter, isCut: told === undefined && usual > authority.notAfter };
}
