import type { HeldCertificate } from './certificate.js';
import type { ApiKeyCredential, Client, PasswordCredential } from './client.js';
import { hasBegun, type Moment, NEVER, type Timestamp } from './time.js';
import type { User } from './user.js';

/** The states of a credential. */
export const CREDENTIAL_STATES = ['valid', 'not yet valid', 'suspended', 'expired', 'revoked'] as const;

export type CredentialState = (typeof CREDENTIAL_STATES)[number];

/** The time in which a credential holds, within its client's own, and what stops it before its end. */
export interface Terms {
  readonly notBefore: Timestamp;
  readonly expiresAt: Timestamp;
  readonly revokedAt: Timestamp | null;
  readonly suspendedAt: Timestamp | null;
}

/** The record that a credential holds by. A signed token holds by the certificate whose key signed it. */
export type CredentialRecord = HeldCertificate | ApiKeyCredential | PasswordCredential;

/**
 * Finds the terms of one of a client's credentials. A client of somebody's stops when they do.
 * @param owner the user of the name that the client belongs to
 */
export function termsOf(
  { client, owner }: { readonly client: Client; readonly owner: User | undefined },
  record: CredentialRecord,
): Terms {
  const own = ownTerms(record);
  return {
    notBefore: Math.max(client.notBefore, own.notBefore),
    expiresAt: Math.min(client.notAfter, own.expiresAt),
    revokedAt: client.revokedAt ?? own.revokedAt ?? stoppedWithOwner(client, owner),
    suspendedAt: client.suspendedAt ?? own.suspendedAt ?? null,
  };
}

/**
 * Finds the time since when a client does not work because its owner does not: the owner is disabled, or is gone. A user
 * who was made after the client was last changed is another one of the same name.
 */
export function stoppedWithOwner({ owner, updatedAt }: Client, user: User | undefined): Timestamp | null {
  if (owner === null) return null;
  return user === undefined || user.createdAt > updatedAt ? updatedAt : user.disabledAt;
}

/**
 * Finds the time that a change of a client leaves in it. Another machine's clock may have been ahead when the client was
 * changed last, or when its owner was made.
 * @param owner the owner if the change has checked it
 */
export function changedAt(
  { updatedAt }: Client,
  { now, owner }: { readonly now: Timestamp; readonly owner?: User | undefined },
): Timestamp {
  return Math.max(now, updatedAt, owner?.createdAt ?? now);
}

/** Finds the state of a credential, or of anything else that has terms. */
export function stateOf(
  { notBefore, expiresAt, revokedAt, suspendedAt }: Terms,
  moment: Moment,
): CredentialState {
  if (revokedAt !== null) return 'revoked';
  if (suspendedAt !== null) return 'suspended';
  if (!hasBegun(notBefore, moment.now, moment)) return 'not yet valid';
  return moment.now >= expiresAt ? 'expired' : 'valid';
}

/** Tells if a credential has a successor, and holds beside it for a while only. */
export function isReplaced(record: CredentialRecord): boolean {
  if ('holder' in record) return record.replaced != null;
  return record.kind === 'api-key' && record.replacedAt != null;
}

function ownTerms(record: CredentialRecord): Terms {
  if ('holder' in record) {
    const { notBefore, notAfter, replaced } = record;
    const expiresAt = Math.min(notAfter, replaced?.until ?? notAfter);
    return { notBefore, expiresAt, revokedAt: null, suspendedAt: null };
  }
  if (record.kind === 'api-key') {
    const { createdAt: notBefore, expiresAt, revokedAt, suspendedAt = null } = record;
    return { notBefore, expiresAt, revokedAt, suspendedAt };
  }
  return { notBefore: record.createdAt, expiresAt: NEVER, revokedAt: null, suspendedAt: null };
}
