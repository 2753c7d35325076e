import type { HeldCertificate } from '../model/certificate.js';
import type { Client } from '../model/client.js';
import {
  type CredentialRecord,
  type CredentialState,
  isReplaced,
  stateOf,
  stoppedWithOwner,
  termsOf,
} from '../model/terms.js';
import { type Moment, NEVER, type Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';

/** A client with its present certificates and the user that it belongs to. */
export interface ClientWithCertificates {
  readonly client: Client;
  readonly certificates: readonly HeldCertificate[];
  /** Undefined if the client belongs to nobody, or its owner is gone. */
  readonly owner: User | undefined;
}

/**
 * The states of a client: the best of its credentials, or `revoked` if it does not work itself or its owner does not, or
 * `no credential` if none of them can hold again.
 */
export const CLIENT_STATES = [
  'valid',
  'not yet valid',
  'suspended',
  'expired',
  'revoked',
  'no credential',
] as const;

type ClientState = (typeof CLIENT_STATES)[number];

/** What a client can do now, by its credentials. */
export interface ClientStanding {
  readonly state: ClientState;
  /**
   * The earliest end among the credentials that hold. Without any that holds, it is that of the credentials that will,
   * or the last end of those that did. One that has a successor counts only if nothing else holds. `NEVER` for none.
   */
  readonly expiresAt: Timestamp;
}

/** Finds a client's state and its earliest end. */
export function clientStanding(
  { client, certificates, owner }: ClientWithCertificates,
  moment: Moment,
): ClientStanding {
  if ((client.revokedAt ?? stoppedWithOwner(client, owner)) !== null)
    return { state: 'revoked', expiresAt: NEVER };
  const all = openers(client, certificates).map((record) => ({
    ...{ terms: termsOf({ client, owner }, record), isReplaced: isReplaced(record) },
  }));
  for (const state of IN_ORDER) {
    const alike = all.filter(({ terms }) => stateOf(terms, moment) === state);
    const lasting = alike.filter(({ isReplaced }) => !isReplaced);
    const ends = (lasting.length > 0 ? lasting : alike).map(({ terms }) => terms.expiresAt);
    if (ends.length > 0)
      return { state, expiresAt: state === 'expired' ? Math.max(...ends) : Math.min(...ends) };
  }
  return { state: 'no credential', expiresAt: NEVER };
}

// One that holds says more than one that might, and that more than one that did.
const IN_ORDER = ['valid', 'not yet valid', 'suspended', 'expired'] satisfies CredentialState[];

/** The credentials that open something by themselves. A signed token goes with its certificate. */
function openers(client: Client, certificates: readonly HeldCertificate[]): CredentialRecord[] {
  const others = client.credentials.flatMap((each) =>
    each.kind === 'api-key' || (each.kind === 'password' && each.alone) ? [each] : [],
  );
  return [...certificates, ...others];
}
