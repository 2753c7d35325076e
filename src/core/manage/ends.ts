import { type Certificate, isHeld } from '../model/certificate.js';
import { type Client, liveClient } from '../model/client.js';
import { stateOf, type Terms, termsOf } from '../model/terms.js';
import { NEVER, type Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import type { CertificateAuthority } from '../ports/certificate-authority.js';
import type { RecordKind, RecordTypes } from '../ports/key-store.js';
import { inPieces } from './in-pieces.js';

/** Something that ends. */
export interface End {
  /** A name for people, unique: `the CA`, `API key a:1b2c of client a`. */
  readonly what: string;
  readonly at: Timestamp;
  /** True if something else has taken its place already. */
  readonly isReplaced: boolean;
}

/** The records whose ends are looked for. */
export type EndingRecords = {
  readonly [Kind in Extract<
    RecordKind,
    'client' | 'certificate' | 'signing-keys' | 'user'
  >]: readonly RecordTypes[Kind][];
};

/**
 * Finds what ends until a time, and has not ended yet. What was revoked or is suspended is left out.
 * @param breathe resolves after other work had its turn
 */
export async function endsUntil(
  until: Timestamp,
  { authority, records, now }: EndsOf,
  breathe: () => Promise<void>,
): Promise<End[]> {
  const pause = inPieces(breathe);
  const users = new Map(records.user.map((user) => [user.id, user]));
  const clients = new Map<string, Owned>();
  const ends = homeEnds(authority, records);
  for (const client of records.client) {
    const paused = pause();
    if (paused !== undefined) await paused;
    if (liveClient(client) === undefined) continue;
    const owned = { client, owner: users.get(client.owner ?? '') };
    clients.set(client.id, owned);
    for (const end of keyEnds(owned, now)) if (end.at <= until) ends.push(end);
  }
  for (const certificate of records.certificate) {
    const paused = pause();
    if (paused !== undefined) await paused;
    const owned = certificate.holder.kind === 'client' ? clients.get(certificate.holder.id) : undefined;
    const end = owned && certificateEnd(certificate, { ...owned, now });
    if (end && end.at <= until) ends.push(end);
  }
  return ends.filter(({ at }) => now < at && at <= until);
}

/** What the ends of a home are found in. */
export interface EndsOf {
  /** Undefined if there is no CA yet. */
  readonly authority: Pick<CertificateAuthority, 'notAfter'> | undefined;
  readonly records: EndingRecords;
  readonly now: Timestamp;
}

/** Finds the ends of what a home itself has: its CA, its server's certificate and its signing keys. */
export function homeEnds(
  authority: EndsOf['authority'],
  { certificate, 'signing-keys': rings }: Pick<EndingRecords, 'certificate' | 'signing-keys'>,
): End[] {
  const ends: End[] = authority ? [{ what: 'the CA', at: authority.notAfter, isReplaced: false }] : [];
  for (const { holder, notAfter, withdrawn, id } of certificate) {
    if (holder.kind === 'server' && withdrawn === null)
      ends.push({ what: `the server certificate ${id}`, at: notAfter, isReplaced: false });
  }
  for (const { keys } of rings) {
    for (const { id, endsAt } of keys)
      if (endsAt !== null) ends.push({ what: `the signing key ${id}`, at: endsAt, isReplaced: true });
  }
  return ends;
}

interface Owned {
  readonly client: Client;
  readonly owner: User | undefined;
}

function* keyEnds(owned: Owned, now: Timestamp): Generator<End, void, undefined> {
  const { client } = owned;
  for (const key of client.credentials) {
    if (key.kind !== 'api-key') continue;
    const terms = termsOf(owned, key);
    if (!isAtWork(terms, now)) continue;
    yield {
      what: `API key ${client.id}:${key.id}`,
      at: terms.expiresAt,
      isReplaced: key.lifetimeMs != null && key.expiresAt < key.createdAt + key.lifetimeMs,
    };
  }
}

function certificateEnd(
  certificate: Certificate,
  { now, ...owned }: Owned & { readonly now: Timestamp },
): End | undefined {
  if (!isHeld(certificate)) return undefined;
  const { client } = owned;
  const terms = termsOf(owned, certificate);
  if (!isAtWork(terms, now)) return undefined;
  const hasToken = client.credentials.some(
    (each) => each.kind === 'signed-token' && each.certificateId === certificate.fingerprint,
  );
  return {
    what: `certificate ${certificate.id}${hasToken ? ' and the signed token' : ''} of client ${client.id}`,
    at: terms.expiresAt,
    isReplaced: certificate.replaced != null,
  };
}

function isAtWork(terms: Terms, now: Timestamp): boolean {
  const state = stateOf(terms, { now, clockToleranceMs: 0 });
  return terms.expiresAt < NEVER && (state === 'valid' || state === 'not yet valid');
}

/** The days before an end at which it is told of. */
const MARKS = [30, 7, 1] as const;
const DAY_MS = 86_400_000;

/** The longest time before an end at which it is told of, in milliseconds. */
export const FIRST_MARK_MS = MARKS[0] * DAY_MS;

/** The last mark, in days, at which each end was told of, by its time and its name. */
export type ToldEnds = ReadonlyMap<string, number>;

/** Finds the ends that passed a mark since they were told of last, and what is told then. */
export function untold(
  ends: Iterable<End>,
  { told, now }: { readonly told: ToldEnds; readonly now: Timestamp },
): { readonly due: End[]; readonly told: ToldEnds } {
  const due: End[] = [];
  // An end that passed is nothing to remember.
  const next = new Map([...told].filter(([name]) => Number.parseInt(name, 10) > now));
  for (const end of ends) {
    const mark = MARKS.findLast((days) => end.at - now <= days * DAY_MS);
    const name = `${end.at} ${end.what}`;
    if (mark === undefined || (next.get(name) ?? Number.POSITIVE_INFINITY) <= mark) continue;
    next.set(name, mark);
    due.push(end);
  }
  return { due, told: next };
}
