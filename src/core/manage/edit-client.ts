import { type Client, parseLabel } from '../model/client.js';
import { soundTime } from '../model/sound-time.js';
import { changedAt } from '../model/terms.js';
import { parseGroupName, type User } from '../model/user.js';
import { requireAdmin, requireGrantable } from './actor.js';
import { requireTheirs } from './clients.js';
import type { Managing } from './management.js';
import { ownersIn, requireOwnable } from './ownership.js';

/** The changes to a client that need no new credentials; a field that is left out stays as it is. */
export interface ClientEdit {
  readonly label?: string | null | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly owner?: string | null | undefined;
  readonly domain?: string | null | undefined;
}

/**
 * @throws KeywrightError `not-found`, `invalid-input`; `refused` if the actor or the owner lacks a scope that the
 * client would get
 */
export function editClient(
  { changes, clock, actor }: Managing,
  clientId: string,
  edit: ClientEdit,
): Promise<Client> {
  if (typeof edit.label === 'string') parseLabel(edit.label);
  const domain = typeof edit.domain === 'string' ? parseGroupName(edit.domain) : edit.domain;
  return changes.change({ action: 'client.edit', target: clientId }, async (records) => {
    const found = requireTheirs(await records.get('client', clientId), { clientId, actor });
    if (edit.owner !== undefined) requireAdmin(actor);
    const now = soundTime(clock.now());
    const { owner = found.owner } = edit;
    const next = {
      ...found,
      label: edit.label === undefined ? found.label : edit.label,
      scopes: edit.scopes ?? found.scopes,
      owner,
      domain: domain === undefined ? found.domain : domain,
    };
    let user: User | undefined;
    if (edit.scopes !== undefined || edit.owner !== undefined || domain !== undefined) {
      // A new owner must hold the scopes of the client's keys, too.
      const scopes = [next.scopes, ...(edit.owner === undefined ? [] : keyScopes(found))];
      for (const each of scopes) requireGrantable(actor, each);
      user = await requireOwnable(ownersIn(records, actor), { owner, domain: next.domain, scopes });
    }
    const edited = { ...next, updatedAt: changedAt(found, { now, owner: user }) };
    records.put('client', edited);
    return edited;
  });
}

/** Lists the scopes of each of a client's API keys. */
export function keyScopes({ credentials }: Client): (readonly string[])[] {
  return credentials.flatMap((credential) => (credential.kind === 'api-key' ? [credential.scopes] : []));
}
