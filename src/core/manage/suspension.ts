import type { ApiKeyCredential, Client } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import { changedAt } from '../model/terms.js';
import type { Timestamp } from '../model/time.js';
import type { AuditEvent } from '../ports/audit-log.js';
import { requireGrantable } from './actor.js';
import { apiKeyId, changeKey } from './api-keys.js';
import { requireTheirs } from './clients.js';
import { keyScopes } from './edit-client.js';
import type { HeldApiKey } from './held-api-key.js';
import type { Managing } from './management.js';

/** Switches all of a client's credentials off, until somebody resumes it. @throws KeywrightError `not-found` */
export function suspendClient(services: Managing, clientId: string): Promise<Client> {
  const now = services.clock.now();
  return switchClient(services, { action: 'key.suspend', clientId }, (suspendedAt) => suspendedAt ?? now);
}

/**
 * Switches a suspended client on again.
 * @throws KeywrightError `not-found`; `refused` if the actor lacks a scope that works again then
 */
export function resumeClient(services: Managing, clientId: string): Promise<Client> {
  return switchClient(services, { action: 'key.resume', clientId }, (_, client) => {
    for (const scopes of [client.scopes, ...keyScopes(client)]) requireGrantable(services.actor, scopes);
    return null;
  });
}

function switchClient(
  { changes, clock, actor }: Managing,
  { action, clientId }: { readonly action: string; readonly clientId: string },
  suspension: (suspendedAt: Timestamp | null, client: Client) => Timestamp | null,
): Promise<Client> {
  return changes.change({ action, target: clientId }, async (records) => {
    const client = requireTheirs(await records.get('client', clientId), { clientId, actor });
    const suspendedAt = suspension(client.suspendedAt ?? null, client);
    const next = { ...client, suspendedAt, updatedAt: changedAt(client, { now: clock.now() }) };
    records.put('client', next);
    return next;
  });
}

/** Switches a key off, until somebody resumes it. @throws KeywrightError `not-found`; `refused` if it was invalidated */
export function suspendApiKey(services: Managing, id: string): Promise<HeldApiKey> {
  const now = services.clock.now();
  return switchKey(services, { action: 'token.suspend', target: id }, (suspendedAt) => suspendedAt ?? now);
}

/**
 * Switches a suspended key on again.
 * @throws KeywrightError `not-found`; `refused` if it was invalidated, or the actor lacks one of its scopes
 */
export function resumeApiKey(services: Managing, id: string): Promise<HeldApiKey> {
  return switchKey(services, { action: 'token.resume', target: id }, (_, { scopes }) => {
    requireGrantable(services.actor, scopes);
    return null;
  });
}

function switchKey(
  services: Managing,
  event: AuditEvent,
  suspension: (suspendedAt: Timestamp | null, credential: ApiKeyCredential) => Timestamp | null,
): Promise<HeldApiKey> {
  return changeKey(services, event, ({ client, credential }) => {
    if (credential.revokedAt !== null) {
      const id = apiKeyId(client, credential);
      throw new KeywrightError('refused', `API key ${id} was invalidated, which is for ever`, {
        hint: 'register a new one',
      });
    }
    return [{ ...credential, suspendedAt: suspension(credential.suspendedAt ?? null, credential) }];
  });
}
