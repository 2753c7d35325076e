import { liveClient } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import type { KeyAlgorithm } from '../model/key-algorithm.js';
import type { User } from '../model/user.js';
import { replaceAll } from './certificates.js';
import {
  type AskedTerms,
  type ClientTerms,
  certifiedClient,
  clientTerms,
  signedTokenCredential,
} from './client-terms.js';
import type { Managing } from './management.js';
import { ownersIn, requireOwnable } from './ownership.js';
import { changeTogether, isAboutOne, type Outcome } from './together.js';

/** A client that is to be issued among many. */
export interface AskedClient extends AskedTerms {
  /** The canonical client id. */
  readonly clientId: string;
  readonly algorithm: KeyAlgorithm;
}

/** A client that can be issued: its terms are found, within the rules. */
export interface PlannedClient {
  readonly clientId: string;
  readonly algorithm: KeyAlgorithm;
  readonly terms: ClientTerms;
}

/** A client with its certificate and its signed token, which are not registered yet. */
export interface MadeClient extends PlannedClient {
  /** The serial number of its certificate, and the SHA-256 hash of that, in lower-case hex. */
  readonly serial: string;
  readonly fingerprint: string;
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly publicKey: string;
  /** The SHA-256 hash of its token, in lower-case hex. */
  readonly tokenId: string;
}

/** Plans clients: makes a function that finds the terms of one, and remembers owners meanwhile. */
export function clientPlanner({
  keyStore,
  authority,
  clock,
  actor,
  licence,
}: Managing<'authority' | 'licence'>) {
  const users = new Map<string, Promise<User | undefined>>();
  const userById = (id: string) => {
    const user = users.get(id) ?? keyStore.users.get(id);
    users.set(id, user);
    return user;
  };
  /** @throws KeywrightError as `issueClient` does before it makes a key, but for an id that is taken */
  return async ({ clientId, algorithm, ...asked }: AskedClient): Promise<PlannedClient> => {
    const terms = await clientTerms(asked, { actor, authority, now: clock.now(), userById });
    await licence.requireSeat();
    return { clientId, algorithm, terms };
  };
}

/**
 * Registers many clients, durably, as one change. Each that is refused is left out: its id is taken, its owner is gone, or
 * the licence is full.
 * @returns what came of each, in their order
 * @throws KeywrightError any error that is not about one client; then none is registered
 */
export async function registerMany(
  services: Managing<'authority' | 'licence'>,
  made: readonly MadeClient[],
): Promise<Outcome<MadeClient>[]> {
  const { licence } = services;
  const outcomes: Outcome<MadeClient>[] = [];
  while (outcomes.length < made.length) {
    const rest = made.slice(outcomes.length);
    const seats = await licence.seatsLeft();
    if (seats < 1) {
      const refusal = await licence.requireSeat().catch((error) => error);
      // Somebody has given a seat back meanwhile.
      if (refusal === undefined) continue;
      if (!isAboutOne(refusal)) throw refusal;
      outcomes.push(...rest.map(() => ({ error: refusal })));
      break;
    }
    try {
      outcomes.push(
        ...(await changeTogether(services, rest.slice(0, seats), (each, one) =>
          register(services, each, one),
        )),
      );
    } catch (error) {
      // Somebody has taken the seats meanwhile.
      if (!(error instanceof KeywrightError && error.reason === 'licence')) throw error;
    }
  }
  return outcomes;
}

function register(
  { authority, clock }: Managing<'authority'>,
  { changes, actor }: Managing,
  made: MadeClient,
): Promise<MadeClient> {
  const { clientId, terms, serial, fingerprint, tokenId } = made;
  return changes.change({ action: 'key.gen', target: clientId }, async (records) => {
    const current = await records.get('client', clientId);
    if (liveClient(current)) throw alreadyThere(clientId);
    const at = clock.now();
    const { owner, domain, scopes, validity } = terms;
    const user = await requireOwnable(ownersIn(records, actor), { owner, domain, scopes: [scopes] });
    const holder = { kind: 'client', id: clientId } as const;
    // Who never was a client has no certificates, which takes long to find out.
    if (current !== undefined) await replaceAll(records, holder, { at, until: at });
    records.put('certificate', {
      ...{ id: serial, revision: 0, holder, issuer: authority.fingerprint, fingerprint },
      key: { algorithm: made.algorithm, publicKey: made.publicKey },
      ...{ notBefore: validity.notBefore, notAfter: validity.notAfter, withdrawn: null },
    });
    records.put(
      'client',
      certifiedClient({
        ...{ clientId, at, terms, current, former: undefined, owner: user },
        credentials: [signedTokenCredential(tokenId, fingerprint)],
      }),
    );
    return made;
  });
}

/** Makes the error for a client that there is already, among many. */
export function alreadyThere(clientId: string): KeywrightError {
  return new KeywrightError('already-exists', `client ${clientId} already exists`, {
    hint: 'leave out what exists with --skip-existing',
  });
}
