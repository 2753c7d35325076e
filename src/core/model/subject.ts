import { canonicalClientId } from './client-id.js';

/** A client or a user, by kind and id. */
interface Identity {
  readonly kind: 'client' | 'user';
  /** The canonical id. */
  readonly id: string;
}

const CLIENT = 'client:';

/**
 * Spells the subject that applications know a caller by (RFC 7519 section 4.1.2): a user's name, or `client:` and a
 * client's id. No name has a colon, so no client's subject is ever a user's (RFC 9068 section 5).
 */
export function subjectOf({ kind, id }: Identity): string {
  return kind === 'client' ? CLIENT + id : id;
}

/** Reads the canonical id from the subject of a client or a user; undefined if it is none. */
export function idOfSubject(subject: string, { kind }: Pick<Identity, 'kind'>): string | undefined {
  // Older programs wrote a client's id alone.
  const isMarked = kind === 'client' && subject.startsWith(CLIENT);
  return canonicalClientId(isMarked ? subject.slice(CLIENT.length) : subject);
}
