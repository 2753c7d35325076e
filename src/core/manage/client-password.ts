import { isJwtShaped } from '../model/access-token.js';
import { makePassword, parseApiKey, unwrapApiKey } from '../model/api-key.js';
import type { Client, Credential, PasswordCredential } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import { randomId } from '../model/session.js';
import { parseSignedToken } from '../model/signed-token.js';
import { soundTime } from '../model/sound-time.js';
import { changedAt } from '../model/terms.js';
import type { User } from '../model/user.js';
import type { Clock } from '../ports/clock.js';
import { type Actor, requireGrantable } from './actor.js';
import { requireTheirs } from './clients.js';
import type { Management, Managing } from './management.js';
import { ownersIn, requireOwnable } from './ownership.js';
import { checkPassword } from './users.js';

/** A new password. Its text exists only here. */
export interface FreshPassword {
  readonly text: string;
  readonly credential: PasswordCredential;
}

/** The use of an MQTT password: beside an API key, or alone. */
export interface PasswordUse {
  readonly alone: boolean;
}

/** Makes an MQTT password for a new client. @throws KeywrightError `busy` */
export async function makeClientPassword(
  { passwords, clock }: Pick<Management, 'passwords' | 'clock'>,
  { alone }: PasswordUse,
): Promise<FreshPassword> {
  const text = makePassword();
  return { text, credential: passwordCredential(await passwords.hash(text), { alone, clock }) };
}

/** Returns a client's credentials with another password. */
export function withPassword(
  credentials: readonly Credential[],
  password: PasswordCredential,
): readonly Credential[] {
  return [...credentials.filter(({ kind }) => kind !== 'password'), password];
}

/** An MQTT password that the caller chose, with its use. */
export interface GivenPassword extends PasswordUse {
  readonly password: string;
}

/**
 * Sets a client's MQTT password, in place of the one before.
 * @throws KeywrightError `not-found`; `invalid-input` if the password is too short or looks like another credential;
 * `refused` if the actor or the owner lacks a scope that the password would open
 */
export async function setClientPassword(
  services: Managing<'passwords'>,
  clientId: string,
  given: GivenPassword,
): Promise<Client> {
  const { keyStore, changes, clock, passwords, actor } = services;
  checkClientPassword(given);
  // A caller makes the server hash a password only for its own client.
  requireTheirs(await keyStore.clients.get(clientId), { clientId, actor });
  const hash = await passwords.hash(given.password);
  return changes.change({ action: 'client.passwd', target: clientId }, async (records) => {
    const client = requireTheirs(await records.get('client', clientId), { clientId, actor });
    requirePasswordGrant(actor, client);
    let user: User | undefined;
    if (given.alone) {
      const { owner, domain, scopes } = client;
      user = await requireOwnable(ownersIn(records, actor), { owner, domain, scopes: [scopes] });
    }
    const credential = passwordCredential(hash, { alone: given.alone, clock });
    const credentials = withPassword(client.credentials, credential);
    const updatedAt = changedAt(client, { now: credential.createdAt, owner: user });
    const next = { ...client, credentials, updatedAt };
    records.put('client', next);
    return next;
  });
}

/**
 * Checks that an actor may set or remove a client's MQTT password. The password opens what the client may do, or is
 * half of what opens one of its API keys.
 * @throws KeywrightError `refused` if the actor lacks one of these scopes
 */
export function requirePasswordGrant(actor: Actor, { scopes, credentials }: Client): void {
  requireGrantable(actor, scopes);
  for (const each of credentials)
    if (each.kind === 'api-key' && each.revokedAt === null) requireGrantable(actor, each.scopes);
}

/**
 * Removes a client's MQTT password.
 * @throws KeywrightError `not-found` if there is no such client, or no password; `refused` as in `setClientPassword`
 */
export function deleteClientPassword({ changes, clock, actor }: Managing, clientId: string): Promise<Client> {
  return changes.change({ action: 'client.passwd-del', target: clientId }, async (records) => {
    const client = requireTheirs(await records.get('client', clientId), { clientId, actor });
    requirePasswordGrant(actor, client);
    const credentials = client.credentials.filter(({ kind }) => kind !== 'password');
    if (credentials.length === client.credentials.length)
      throw new KeywrightError('not-found', `client ${clientId} has no MQTT password`);
    const next = { ...client, credentials, updatedAt: changedAt(client, { now: clock.now() }) };
    records.put('client', next);
    return next;
  });
}

// The user name is no secret, so only the password stops an attacker who guesses.
export const LEAST_ALONE = 16;

/** Checks an MQTT password that the caller chose. @throws KeywrightError `invalid-input` */
export function checkClientPassword({ password, alone }: GivenPassword): void {
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

function passwordCredential(
  hash: string,
  { alone, clock }: PasswordUse & { readonly clock: Clock },
): PasswordCredential {
  return { kind: 'password', id: randomId(), hash, alone, createdAt: soundTime(clock.now()) };
}
