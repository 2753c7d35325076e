import { wrapApiKey } from '../core/api-key.js';
import { apiKeyId, type FreshApiKey } from '../core/api-keys.js';
import type { ApiKeyCredential, Client } from '../core/client.js';
import { formatTime, NEVER, type Timestamp } from '../core/time.js';
import type { BaseCommand } from './base-command.js';
import { fields } from './table.js';

/** An API key as it is printed: nothing that could be presented. */
export function apiKeyView(client: Client, credential: ApiKeyCredential, now: Timestamp) {
  const { label, hint, scopes, createdAt, revokedAt } = credential;
  // A key does not outlive its client.
  const expiresAt = Math.min(credential.expiresAt, client.notAfter);
  return {
    id: apiKeyId(client, credential),
    clientId: client.id,
    label,
    hint,
    scopes,
    status: revokedAt !== null ? 'revoked' : now >= expiresAt ? 'expired' : 'valid',
    createdAt: formatTime(createdAt),
    expiresAt: expiresAt === NEVER ? null : formatTime(expiresAt),
  };
}

/** Prints a key that was just made, once; with the warning that this is the only time. */
export function printFreshKey(command: BaseCommand, { client, credential, key }: FreshApiKey) {
  const wrapped = wrapApiKey('kw', { clientId: client.id, key });
  const view = apiKeyView(client, credential, credential.createdAt);
  command.log(
    fields([
      ['Client ID', client.id],
      ['Client Secret', key],
      ['API Key', key],
      ['Wrapped', wrapped],
    ]),
  );
  command.notice(
    `this is the only time that the secret is shown; ${view.id} expires ${view.expiresAt ?? 'never'}`,
  );
  return { ...view, clientSecret: key, apiKey: key, wrapped };
}

/** Prints what is known of a key. */
export function printKey(command: BaseCommand, view: ReturnType<typeof apiKeyView>) {
  const { id, label, hint, scopes, status, createdAt, expiresAt } = view;
  command.log(
    fields([
      ['id', id],
      ['label', label ?? '-'],
      ['key', hint],
      ['scopes', scopes.join(' ') || '-'],
      ['status', status],
      ['created', createdAt],
      ['expires', expiresAt ?? 'never'],
    ]),
  );
  return view;
}
