import { type Client, newClient } from '../model/client.js';
import { changedAt } from '../model/terms.js';
import type { Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import type { CertificateAuthority } from '../ports/certificate-authority.js';
import { type Actor, ownerOfNew, requireAdmin, requireGrantable } from './actor.js';
import { keyScopes } from './edit-client.js';
import { requireOwnable } from './ownership.js';
import { type AskedValidity, clientValidity, type FoundValidity } from './validity.js';

const DEFAULT_SCOPES = ['ingest'];

/**
 * The settings of a client to issue. A field that is left out keeps its value on a replacement, and gets its default
 * otherwise. The validity is the certificate's: a replacement is made for as long as the certificate before.
 */
export interface AskedTerms {
  readonly validity: AskedValidity;
  readonly label?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** The user that owns the client. */
  readonly owner?: string | undefined;
  readonly domain?: string | undefined;
}

/** What a client's record and its new certificate say. */
export interface ClientTerms {
  readonly label: string | undefined;
  readonly owner: string | null;
  readonly domain: string | null;
  readonly scopes: readonly string[];
  readonly validity: FoundValidity;
}

/** What terms are found by. */
export interface Terms {
  readonly actor: Actor;
  readonly authority: CertificateAuthority;
  readonly now: Timestamp;
  userById(id: string): Promise<User | undefined>;
  /** The client that is replaced, and how long its present certificate was made for. */
  readonly former?: { readonly client: Client; readonly lifetimeMs: number | undefined } | undefined;
}

/**
 * Finds the terms of a client to issue, within the rules of who may grant what.
 * @throws KeywrightError `invalid-input`, `not-found`, `refused`, `ca-unusable`
 */
export async function clientTerms(
  asked: AskedTerms,
  { actor, authority, now, userById, former }: Terms,
): Promise<ClientTerms> {
  const before = former?.client;
  const owner = before ? (asked.owner ?? before.owner) : ownerOfNew(actor, asked.owner);
  if (before && owner !== before.owner) requireAdmin(actor);
  const scopes = asked.scopes ?? before?.scopes ?? DEFAULT_SCOPES;
  const domain = asked.domain ?? before?.domain ?? null;
  const validity = clientValidity({ lifetimeMs: former?.lifetimeMs, ...asked.validity }, authority, now);
  // The client's keys may get a new owner, or a later end.
  const isMore = before !== undefined && (owner !== before.owner || validity.notAfter > before.notAfter);
  const granted = [scopes, ...(isMore ? keyScopes(before) : [])];
  for (const each of granted) requireGrantable(actor, each);
  await requireOwnable({ actor, userById }, { owner, domain, scopes: granted });
  return { label: asked.label, owner, domain, scopes, validity };
}

export interface Certified {
  readonly clientId: string;
  readonly at: Timestamp;
  readonly terms: ClientTerms;
  /** The client before, deleted or not. */
  readonly current: Client | undefined;
  readonly former: Client | undefined;
  readonly owner: User | undefined;
  readonly credentials: Client['credentials'];
}

/** Makes the record of a client that gets a certificate. */
export function certifiedClient({
  clientId,
  at,
  terms,
  current,
  former,
  owner,
  credentials,
}: Certified): Client {
  const { notBefore, notAfter } = terms.validity;
  const base =
    former ??
    newClient({ id: clientId, createdAt: at, notBefore, notAfter, formerKeys: current?.formerKeys });
  return {
    ...base,
    label: terms.label ?? base.label,
    owner: terms.owner,
    domain: terms.domain,
    scopes: terms.scopes,
    // The client's other credentials hold as they did.
    notBefore: Math.min(base.notBefore, notBefore),
    notAfter: Math.max(base.notAfter, notAfter),
    updatedAt: changedAt(base, { now: at, owner }),
    credentials,
  };
}

/** The credential of a signed token, under the certificate whose key signed it. */
export function signedTokenCredential(id: string, certificateId: string) {
  return { kind: 'signed-token', id, certificateId } as const;
}
