import type { FreshApiKey } from '../core/manage/register-api-key.js';
import { apiKeyView } from '../core/manage/views.js';
import { wrapApiKey } from '../core/model/api-key.js';
import type { BaseCommand } from './base-command.js';
import { fields } from './table.js';

/** Prints a new key, with the warning that it is shown only once. */
export function printFreshKey(command: BaseCommand, fresh: FreshApiKey) {
  const { client, credential, key, mqttPassword } = fresh;
  const wrapped = wrapApiKey('kw', { clientId: client.id, key });
  const view = apiKeyView(fresh, { now: credential.createdAt, clockToleranceMs: 0 });
  command.stands(
    `API key ${view.id} is registered, and nobody was shown it: delete it with: keywright token delete ${view.id}`,
  );
  command.log(
    fields([
      ['Client ID', client.id],
      ['Client Secret', key],
      ['API Key', key],
      ['Wrapped', wrapped],
      ...(mqttPassword === undefined ? [] : [['MQTT Password', mqttPassword] as const]),
    ]),
  );
  command.notice(
    `this is the only time that the secret is shown; ${view.id} expires ${view.expiresAt ?? 'never'}`,
  );
  return {
    ...view,
    clientSecret: key,
    apiKey: key,
    wrapped,
    ...(mqttPassword !== undefined && { mqttPassword }),
  };
}

/** Prints the details of a key. */
export function printKey(command: BaseCommand, view: ReturnType<typeof apiKeyView>) {
  const { id, label, owner, hint, scopes, status, createdAt, expiresAt, lastUsedAt, lastUsedFrom } = view;
  command.log(
    fields([
      ['id', id],
      ['label', label ?? '-'],
      ['owner', owner ?? '-'],
      ['key', hint],
      ['scopes', scopes.join(' ') || '-'],
      ['status', status],
      ['created', createdAt],
      ['expires', expiresAt ?? 'never'],
      ['last used', lastUsedAt === null ? '-' : `${lastUsedAt} from ${lastUsedFrom}`],
    ]),
  );
  return view;
}
