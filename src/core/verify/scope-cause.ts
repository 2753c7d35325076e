import type { Principal } from '../model/principal.js';
import { covers } from '../model/scope.js';
import { apiKeyOf, holderOf, listed, nameOf } from './named.js';
import type { Refused } from './refused.js';
import type { Registry } from './registry.js';

/** The cause of `insufficient-scope`: what was demanded, who lacks it, and what they have. */
export function scopeCause(found: Principal, { presentation, registry }: Refused): string {
  const { demand } = presentation;
  if (demand === undefined || 'connect' in demand)
    return `${holderOf(found)} has no scope to connect: it has ${listed(found.scopes)}`;
  const lacking = demand.scopes.filter((scope) => !covers(found.scopes, scope));
  const [who, scopes] = holdersOf(found, registry).find(
    ([, held]) => !lacking.every((scope) => covers(held, scope)),
  ) ?? [holderOf(found), found.scopes];
  return `${who} lacks ${listed(lacking)}: it has ${listed(scopes)}`;
}

/** Whoever limits a principal's scopes, with theirs: the access token, the API key or the client, the client's owner. */
function holdersOf(
  found: Principal,
  registry: Registry,
): (readonly [who: string, scopes: readonly string[]])[] {
  const { id, kind, credential } = found;
  const token = credential.kind === 'access-token' ? credential.claims.scopes : ['*'];
  const client = kind === 'client' ? registry.clientById(id) : undefined;
  const key = client && apiKeyOf(client, found);
  const owner = client?.owner == null ? undefined : registry.userById(client.owner);
  return [
    [nameOf(found), token],
    ...(client ? [[key ? `API key ${id}:${key.id}` : holderOf(found), (key ?? client).scopes] as const] : []),
    ...(owner ? [[`user ${owner.id}, whom client ${id} belongs to,`, owner.scopes] as const] : []),
  ];
}
