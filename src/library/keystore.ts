import { OPERATOR } from '../core/manage/actor.js';
import {
  deleteApiKey,
  editApiKey,
  findApiKey,
  invalidateApiKey,
  rotateApiKey,
} from '../core/manage/api-keys.js';
import type { HeldApiKey } from '../core/manage/held-api-key.js';
import { listApiKeys } from '../core/manage/list-api-keys.js';
import { type FreshApiKey, registerApiKey } from '../core/manage/register-api-key.js';
import { resumeApiKey, suspendApiKey } from '../core/manage/suspension.js';
import { apiKeyView } from '../core/manage/views.js';
import { checkKeyPrefix, wrapApiKey } from '../core/model/api-key.js';
import { parseLabel } from '../core/model/client.js';
import { parseClientId } from '../core/model/client-id.js';
import { KeywrightError } from '../core/model/errors.js';
import { readCredential } from '../core/model/presented-credential.js';
import { parseScope } from '../core/model/scope.js';
import { addDuration, checkDuration, type Moment } from '../core/model/time.js';
import { parseGroupName, parseUserName } from '../core/model/user.js';
import { decide } from '../core/verify/decide.js';
import { openHome } from '../home/open-home.js';
import { type OpenedRegistry, openRegistry } from '../home/open-registry.js';
import { homeDirectory } from '../settings/home-directory.js';
import { clientMethods } from './clients.js';
import { end, moment, naming, readObject, readOne, text, textOf, texts, variables } from './given.js';
import { LIST } from './list.js';
import type { Keystore, KeystoreOptions, RegisteredToken, Token } from './types.js';

const OPTIONS = { home: text, environment: variables };
const REQUEST = {
  clientId: textOf(parseClientId),
  owner: textOf(parseUserName),
  domain: textOf(parseGroupName),
  label: textOf(parseLabel),
  scopes: texts,
  expiresAt: end,
  prefix: textOf(checkKeyPrefix),
};
const EDIT = { label: REQUEST.label, scopes: REQUEST.scopes, expiresAt: REQUEST.expiresAt };
const CREDENTIAL = { token: text, clientId: text, domain: text, scope: textOf(parseScope) };
const AUDIT = { since: moment, until: moment, actor: text, action: text, target: text };

/** Opens a keystore, which need not exist yet. @throws KeywrightError `unsafe-home` if others can look into its home */
export async function openKeystore(options: KeystoreOptions = {}): Promise<Keystore> {
  const given = readObject(options, 'the options', OPTIONS);
  const { environment = process.env } = given;
  const home = await openHome({
    directory: homeDirectory(given.home, environment),
    environment,
    notice: () => undefined,
  });
  const { keyStore, changes, clock } = home;
  const management = { keyStore, changes, clock, licence: home.licence, actor: OPERATOR };
  const withHashing = async () => ({ ...management, hashSecret: await home.hashSecret() });
  const view = async (held: HeldApiKey) => tokenOf(held, await home.moment());
  const scopesOf = (scopes: readonly string[]) => naming('scopes', home.parseScopes(scopes));
  let followed: Promise<OpenedRegistry> | undefined;
  const follow = async () => {
    const { issuer = '', audience } = await home.settings();
    return openRegistry(home, { tokenIssuer: { issuer, audience }, onUnreadable: () => undefined });
  };

  let isClosed = false;
  const requireOpen = () => {
    if (isClosed) throw new KeywrightError('refused', 'the keystore is closed', { hint: 'open it again' });
  };
  // A change that was begun is finished and answered: what it made would be lost.
  const changing =
    <Args extends unknown[], T>(method: (...args: Args) => Promise<T>) =>
    async (...args: Args) => {
      requireOpen();
      return method(...args);
    };
  // An answer may be too old once nothing is followed any more.
  const reading = <Args extends unknown[], T>(method: (...args: Args) => Promise<T>) =>
    changing(async (...args: Args) => {
      const answer = await method(...args);
      requireOpen();
      return answer;
    });

  const clients = clientMethods(management, () => home.moment());
  return {
    clients: reading(clients.list),
    client: reading(clients.find),
    suspendClient: changing(clients.suspend),
    resumeClient: changing(clients.resume),
    deleteClient: changing(clients.delete),
    register: changing(async (request: unknown = {}) => {
      const {
        scopes = ['ingest'],
        expiresAt,
        prefix,
        ...asked
      } = readObject(request, 'the request', REQUEST);
      if (expiresAt !== undefined && expiresAt <= clock.now())
        throw new KeywrightError('invalid-input', 'the field "expiresAt": the key would expire in the past');
      const fresh = await registerApiKey(await withHashing(), {
        ...asked,
        prefix: prefix ?? (await home.settings()).keyPrefix,
        scopes: await scopesOf(scopes),
        expiresAt: expiresAt ?? addDuration(clock.now(), '90d'),
      });
      return registered(fresh, await home.moment());
    }),
    tokens: reading(async (filter: unknown = {}) => {
      const moment = await home.moment();
      const looking = { ...management, clockToleranceMs: moment.clockToleranceMs };
      const { items } = await listApiKeys(looking, readObject(filter, 'the filter', LIST));
      return items.map((held) => tokenOf(held, moment));
    }),
    token: reading(async (id: unknown) => view(await findApiKey(management, readOne(id, 'id', text)))),
    edit: changing(async (id: unknown, edit: unknown) => {
      const keyId = readOne(id, 'id', text);
      const { scopes, ...asked } = readObject(edit, 'the edit', EDIT);
      const next = { ...asked, scopes: scopes && (await scopesOf(scopes)) };
      return view(await editApiKey(management, keyId, next));
    }),
    rotate: changing(async (id: unknown, options: unknown = {}) => {
      const keyId = readOne(id, 'id', text);
      const now = clock.now();
      const until = textOf((overlap) => addDuration(now, checkDuration(overlap)));
      const { overlap = now } = readObject(options, 'the options', { overlap: until });
      const fresh = await rotateApiKey(await withHashing(), keyId, overlap);
      const moment = await home.moment();
      const { id: oldId, expiresAt } = tokenOf(fresh.replaced, moment);
      return { ...registered(fresh, moment), replaced: { id: oldId, expiresAt } };
    }),
    suspend: changing(async (id: unknown) => view(await suspendApiKey(management, readOne(id, 'id', text)))),
    resume: changing(async (id: unknown) => view(await resumeApiKey(management, readOne(id, 'id', text)))),
    invalidate: changing(async (id: unknown) =>
      view(await invalidateApiKey(management, readOne(id, 'id', text))),
    ),
    delete: changing(async (id: unknown) => deleteApiKey(management, readOne(id, 'id', text))),
    verify: reading(async (credential: unknown) => {
      const { token, clientId, domain, scope } = readObject(credential, 'the credential', CREDENTIAL);
      const presented = readCredential(readOne(token, 'token', text));
      followed ??= follow();
      const { registry } = await followed.catch((error) => {
        // The next call tries again after a failure.
        followed = undefined;
        throw error;
      });
      const demand = scope === undefined ? undefined : { scopes: [scope] };
      const verdict = await decide({ credential: presented, clientId, domain, demand }, registry, clock);
      if (verdict.outcome === 'rejected') return { accepted: false, reason: verdict.reason };
      const { kind, id, owner, scopes, groups, domains, expiresAt } = verdict.principal;
      return { accepted: true, kind, id, owner, scopes, groups, domains, expiresAt: new Date(expiresAt) };
    }),
    audit: reading(async (filter: unknown = {}) => {
      const entries = await home.audit.entries(readObject(filter, 'the filter', AUDIT));
      return entries.map(({ hash, at, ...entry }) => ({ ...entry, at: new Date(at) }));
    }),
    close() {
      isClosed = true;
      followed?.then(
        ({ registry }) => registry.stop(),
        () => undefined,
      );
    },
  };
}

function tokenOf(held: HeldApiKey, moment: Moment): Token {
  const { id, clientId, label, owner, scopes, status, hint, ...times } = apiKeyView(held, moment);
  const expiresAt = times.expiresAt === null ? null : new Date(times.expiresAt);
  const createdAt = new Date(times.createdAt);
  return { id, clientId, label, owner, scopes, status, hint, createdAt, expiresAt };
}

function registered(fresh: FreshApiKey, moment: Moment): RegisteredToken {
  const { client, key } = fresh;
  const wrapped = wrapApiKey('kw', { clientId: client.id, key });
  return { ...tokenOf(fresh, moment), clientSecret: key, apiKey: key, wrapped };
}
