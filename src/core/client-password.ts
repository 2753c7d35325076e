import { randomBytes } from 'node:crypto';
import { type Actor, isTheirs } from './actor.js';
import { makePassword } from './api-key.js';
import { type Client, type Credential, liveClient, type PasswordCredential } from './client.js';
import { KeywrightError } from './errors.js';
import type { AuditLog, Clock, KeyStore, PasswordHasher } from './ports.js';

export interface ClientPasswordServices {
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly passwords: PasswordHasher;
  readonly actor: Actor;
}

/** A password that was just made: the only time that its text exists. */
export interface FreshPassword {
  readonly text: string;
  readonly credential: PasswordCredential;
}

/** Makes an MQTT password, for a client that is registered with it. @throws KeywrightError `busy` */
export async function makeClientPassword({
  passwords,
  clock,
}: Pick<ClientPasswordServices, 'passwords' | 'clock'>): Promise<FreshPassword> {
  const text = makePassword();
  return { text, credential: passwordCredential(await passwords.hash(text), clock) };
}

/** A client's credentials with another password than before. */
export function withPassword(
  credentials: readonly Credential[],
  password: PasswordCredential,
): readonly Credential[] {
  return [...credentials.filter(({ kind }) => kind !== 'password'), password];
}

/** Sets the password that a client presents over MQTT beside its API key as user name. @throws KeywrightError `not-found` */
export async function setClientPassword(
  { keyStore, clock, audit, passwords, actor }: ClientPasswordServices,
  clientId: string,
  password: string,
): Promise<Client> {
  const requireTheirs = (client: Client | undefined) => {
    if (client && isTheirs(actor, client)) return client;
    throw new KeywrightError('not-found', `there is no client ${clientId}`);
  };
  requireTheirs(liveClient(await keyStore.clients.get(clientId)));
  const hash = await passwords.hash(password);
  return audit.record({ action: 'client.passwd', target: clientId }, () =>
    keyStore.clients.update(clientId, (current) => {
      const client = requireTheirs(liveClient(current));
      const credential = passwordCredential(hash, clock);
      const credentials = withPassword(client.credentials, credential);
      return { ...client, credentials, updatedAt: credential.createdAt };
    }),
  );
}

function passwordCredential(hash: string, clock: Clock): PasswordCredential {
  return { kind: 'password', id: randomBytes(3).toString('hex'), hash, createdAt: clock.now() };
}
