import { randomBytes } from 'node:crypto';
import { isJwtShaped } from '../model/access-token.js';
import { makePassword, parseApiKey, unwrapApiKey } from '../model/api-key.js';
import { type Client, type Credential, liveClient, type PasswordCredential } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import { parseSignedToken } from '../model/signed-token.js';
import type { Clock } from '../ports/clock.js';
import { type Actor, isTheirs, requireGrantable } from './actor.js';
import { changedMeanwhile, noSuchClient } from './issue-client.js';
import type { Management, Managing } from './management.js';
import { requireOwnable } from './ownership.js';
import { checkPassword } from './users.js';

/** A password that was just made: the only time that its text exists. */
export interface FreshPassword {
  readonly text: string;
  readonly credential: PasswordCredential;
}

/** What an MQTT password is for: to go beside an API key, or to suffice by itself. */
export interface PasswordUse {
  readonly alone: boolean;
}

/** Makes an MQTT password, for a client that is registered with it. @throws KeywrightError `busy` */
export async function makeClientPassword(
  { passwords, clock }: Pick<Management, 'passwords' | 'clock'>,
  { alone }: PasswordUse,
): Promise<FreshPassword> {
  const text = makePassword();
  return { text, credential: passwordCredential(await passwords.hash(text), { alone, clock }) };
}

/** A client's credentials with another password than before. */
export function withPassword(
  credentials: readonly Credential[],
  password: PasswordCredential,
): readonly Credential[] {
  return [...credentials.filter(({ kind }) => kind !== 'password'), password];
}

/** An MQTT password that is given, and what it is to be for. */
export interface GivenPassword extends PasswordUse {
  readonly password: string;
}

/**
 * Sets a client's MQTT password, in place of the one before.
 * @throws KeywrightError `not-found`; `invalid-input` on one that is too short, or could not be told from another credential;
 * `refused` where it would open more than the actor or the owner holds
 */
export async function setClientPassword(
  services: Managing<'passwords'>,
  clientId: string,
  given: GivenPassword,
): Promise<Client> {
  const { keyStore, clock, audit, passwords, actor } = services;
  checkGiven(given);
  const found = requireTheirs(await keyStore.clients.get(clientId), { clientId, actor });
  if (given.alone) await requireGrant(services, found);
  const hash = await passwords.hash(given.password);
  return audit.record({ action: 'client.passwd', target: clientId }, () =>
    keyStore.clients.update(clientId, (current) => {
      const client = requireTheirs(current, { clientId, actor });
      // What was checked must be what is changed.
      if (given.alone && termsOf(client) !== termsOf(found)) throw changedMeanwhile(clientId);
      const credential = passwordCredential(hash, { alone: given.alone, clock });
      const credentials = withPassword(client.credentials, credential);
      return { ...client, credentials, updatedAt: credential.createdAt };
    }),
  );
}

/** Takes a client's MQTT password away. @throws KeywrightError `not-found` where there is no such client, or it has none */
export async function deleteClientPassword(
  { keyStore, clock, audit, actor }: Managing,
  clientId: string,
): Promise<Client> {
  const requirePassword = (current: Client | undefined) => {
    const client = requireTheirs(current, { clientId, actor });
    if (client.credentials.some(({ kind }) => kind === 'password')) return client;
    throw new KeywrightError('not-found', `client ${clientId} has no MQTT password`);
  };
  requirePassword(await keyStore.clients.get(clientId));
  return audit.record({ action: 'client.passwd-del', target: clientId }, () =>
    keyStore.clients.update(clientId, (current) => {
      const client = requirePassword(current);
      const credentials = client.credentials.filter(({ kind }) => kind !== 'password');
      return { ...client, credentials, updatedAt: clock.now() };
    }),
  );
}

// Nothing stands between a guess and the client, and the user name is no secret.
const LEAST_ALONE = 16;

function checkGiven({ password, alone }: GivenPassword): void {
  checkPassword(password);
  if (!alone) return;
  if (password.length < LEAST_ALONE) {
    throw new KeywrightError(
      'invalid-input',
      `an MQTT password that suffices alone has at least ${LEAST_ALONE} characters`,
      { hint: 'have one made with: keywright key passwd CLIENT-ID --alone --generate' },
    );
  }
  if (parseApiKey(password) ?? unwrapApiKey(password) ?? parseSignedToken(password) ?? isJwtShaped(password))
    throw new KeywrightError('invalid-input', 'that password would be taken for a key or a token');
}

function requireTheirs(
  current: Client | undefined,
  { clientId, actor }: { readonly clientId: string; readonly actor: Actor },
): Client {
  const client = liveClient(current);
  if (client && isTheirs(actor, client)) return client;
  throw noSuchClient(clientId);
}

/** A password that suffices alone does all that the client may: nobody makes one who could not make the client. */
async function requireGrant(
  { keyStore, actor }: Pick<Management, 'keyStore' | 'actor'>,
  { owner, domain, scopes }: Client,
): Promise<void> {
  requireGrantable(actor, scopes);
  await requireOwnable({ keyStore, actor }, { owner, domain, scopes: [scopes] });
}

function termsOf({ owner, domain, scopes }: Client): string {
  return JSON.stringify([owner, domain, scopes]);
}

function passwordCredential(
  hash: string,
  { alone, clock }: PasswordUse & { readonly clock: Clock },
): PasswordCredential {
  return { kind: 'password', id: randomBytes(3).toString('hex'), hash, alone, createdAt: clock.now() };
}
