import { randomBytes } from 'node:crypto';
import { type Actor, isTheirs } from './actor.js';
import { type Client, liveClient } from './client.js';
import { KeywrightError } from './errors.js';
import type { AuditLog, Clock, KeyStore, PasswordHasher } from './ports.js';

export interface ClientPasswordServices {
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly passwords: PasswordHasher;
  readonly actor: Actor;
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
      const now = clock.now();
      const others = client.credentials.filter(({ kind }) => kind !== 'password');
      const credential = {
        kind: 'password' as const,
        id: randomBytes(3).toString('hex'),
        hash,
        createdAt: now,
      };
      return { ...client, credentials: [...others, credential], updatedAt: now };
    }),
  );
}
