import { OPERATOR } from './core/manage/actor.js';
import {
  deleteApiKey,
  editApiKey,
  findApiKey,
  type HeldApiKey,
  invalidateApiKey,
  listApiKeys,
  rotateApiKey,
} from './core/manage/api-keys.js';
import { type FreshApiKey, registerApiKey } from './core/manage/register-api-key.js';
import { type ApiKeyView, apiKeyView } from './core/manage/views.js';
import { wrapApiKey } from './core/model/api-key.js';
import { parseClientId } from './core/model/client-id.js';
import { readCredential } from './core/model/presented-credential.js';
import type { Principal } from './core/model/principal.js';
import { addDuration, checkTime, NEVER, type Timestamp } from './core/model/time.js';
import { parseUserName } from './core/model/user.js';
import type { AuditEntry, AuditQuery } from './core/ports/audit-log.js';
import { decide } from './core/verify/decide.js';
import type { Rejection } from './core/verify/presentation.js';
import { openHome } from './home/open-home.js';
import { type OpenedRegistry, openRegistry } from './home/open-registry.js';
import { homeDirectory } from './settings/home-directory.js';

export { KeywrightError } from './core/model/errors.js';

/**
 * An API key, without its secret. `id` is `<client-id>:<key-id>`. `owner` is the user that its client belongs to.
 * `hint` is the key's beginning.
 */
export interface Token
  extends Pick<ApiKeyView, 'id' | 'clientId' | 'label' | 'owner' | 'scopes' | 'status' | 'hint'> {
  readonly createdAt: Date;
  /** null for never. */
  readonly expiresAt: Date | null;
}

/** An API key that was just made. Its secret exists only here. */
export interface RegisteredToken extends Token {
  /** The secret for `POST /login` and HTTP Basic, together with `clientId`. */
  readonly clientSecret: string;
  /** The same secret, for headers and MQTT. */
  readonly apiKey: string;
  /** The same secret with the client id in it: `kw-key:…`. */
  readonly wrapped: string;
}

/** A new API key. */
export interface TokenRequest {
  /** An existing client that gets one more key. Without it a client with a UUID is made. */
  readonly clientId?: string;
  /** The user that a new client belongs to. */
  readonly owner?: string;
  /** The domain that a new client may act in. */
  readonly domain?: string;
  readonly label?: string;
  /** Default: `ingest`. */
  readonly scopes?: readonly string[];
  /** null for never. Default: 90 days from now. */
  readonly expiresAt?: Date | null;
  /** The key's beginning. Default: `key-prefix` of the configuration, `kw_live_`. */
  readonly prefix?: string;
}

/** A change of an API key. Members that are left out stay as they are. A revoked key stays revoked. */
export interface TokenEdit {
  readonly label?: string;
  readonly scopes?: readonly string[];
  /** null for never. */
  readonly expiresAt?: Date | null;
}

/** A credential that somebody presents, and the demands on it. */
export interface Credential {
  /** An API key in any of its forms, a signed token, or an access token. */
  readonly token: string;
  readonly clientId?: string;
  readonly domain?: string;
  readonly scope?: string;
}

/** The caller that a credential stands for, or the reason for its refusal. */
export type Verification =
  | (Pick<Principal, 'kind' | 'id' | 'owner' | 'scopes' | 'groups' | 'domains'> & {
      readonly accepted: true;
      readonly expiresAt: Date;
    })
  | {
      readonly accepted: false;
      /** The reason. For a secret that was not proved it is always `invalid`. */
      readonly reason: Rejection;
    };

/** A filter for what was done. */
export interface AuditFilter extends Pick<AuditQuery, 'actor' | 'action' | 'target'> {
  readonly since?: Date;
  readonly until?: Date;
}

/** Something that was done, or refused, in this home. */
export interface AuditAction extends Omit<AuditEntry, 'at' | 'hash'> {
  readonly at: Date;
}

/** A keystore of API keys, for a program that may read and write its home. All methods throw `KeywrightError`. */
export interface Keystore {
  /**
   * Registers an API key.
   * @throws `not-found` if the client or the owner does not exist; `refused` if the owner does not hold a scope;
   * `invalid-input`
   */
  register(request?: TokenRequest): Promise<RegisteredToken>;
  /** Lists all API keys, or those of one owner, oldest first. */
  tokens(filter?: { readonly owner?: string }): Promise<Token[]>;
  /** Finds one API key, by its id, or by its client's id if the client has no other key. @throws `not-found` */
  token(id: string): Promise<Token>;
  /** Changes an API key. @throws `not-found`, `refused`, `invalid-input` */
  edit(id: string, edit: TokenEdit): Promise<Token>;
  /**
   * Makes a new key with the same permissions. The old one holds for `overlap` (`24h`, `30m`); without it, the old one
   * stops now.
   * @throws `not-found`, `refused`
   */
  rotate(id: string, options?: { readonly overlap?: string }): Promise<RegisteredToken>;
  /** Makes a key stop working at once, and keeps it in the list. @throws `not-found` */
  invalidate(id: string): Promise<Token>;
  /** Deletes a key for good. @throws `not-found` */
  delete(id: string): Promise<void>;
  /**
   * Decides on a credential, as a server would. The first call reads the keystore into memory, and then follows its
   * changes.
   */
  verify(credential: Credential): Promise<Verification>;
  /** Lists what was done, oldest first, and what came of it. @throws `store-corrupt`, `invalid-input` */
  audit(filter?: AuditFilter): Promise<AuditAction[]>;
  /** Stops following the keystore. */
  close(): void;
}

/** The place of a keystore. */
export interface KeystoreOptions {
  /** The home. Default: `KEYWRIGHT_HOME`, or `keywright` in the XDG data directory. */
  readonly home?: string;
  /** Settings besides `keywright.yaml`. Default: the process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Opens a keystore, which need not exist yet. @throws KeywrightError `unsafe-home` if others can look into its home */
export async function openKeystore({
  home: directory,
  environment = process.env,
}: KeystoreOptions = {}): Promise<Keystore> {
  const home = await openHome({
    directory: homeDirectory(directory, environment),
    environment,
    notice: () => undefined,
  });
  const { keyStore, changes, clock } = home;
  const management = { keyStore, changes, clock, licence: home.licence, actor: OPERATOR };
  const withHashing = async () => ({ ...management, hashSecret: await home.hashSecret() });
  const view = (held: HeldApiKey) => tokenOf(held, clock.now());
  let followed: Promise<OpenedRegistry> | undefined;
  const follow = async () => {
    const { issuer = '', audience } = await home.settings();
    return openRegistry(home, { tokenIssuer: { issuer, audience }, onUnreadable: () => undefined });
  };

  return {
    async register({ clientId, owner, expiresAt, scopes = ['ingest'], ...request } = {}) {
      const { keyPrefix } = await home.settings();
      const fresh = await registerApiKey(await withHashing(), {
        prefix: keyPrefix,
        ...request,
        clientId: clientId === undefined ? undefined : parseClientId(clientId),
        owner: owner === undefined ? undefined : parseUserName(owner),
        scopes: await home.parseScopes(scopes),
        expiresAt: expiresAt === undefined ? addDuration(clock.now(), '90d') : endOf(expiresAt),
      });
      return registered(fresh, clock.now());
    },
    async tokens({ owner } = {}) {
      const ownerId = owner === undefined ? undefined : parseUserName(owner);
      return (await listApiKeys(management, { owner: ownerId })).map(view);
    },
    token: async (id) => view(await findApiKey(management, id)),
    async edit(id, { label, scopes, expiresAt }) {
      const edit = {
        label,
        scopes: scopes && (await home.parseScopes(scopes)),
        expiresAt: expiresAt === undefined ? undefined : endOf(expiresAt),
      };
      return view(await editApiKey(management, id, edit));
    },
    async rotate(id, { overlap } = {}) {
      const now = clock.now();
      const until = overlap === undefined ? now : addDuration(now, overlap);
      return registered(await rotateApiKey(await withHashing(), id, until), now);
    },
    invalidate: async (id) => view(await invalidateApiKey(management, id)),
    delete: async (id) => deleteApiKey(management, id),
    async verify({ token, clientId, domain, scope }) {
      followed ??= follow();
      const { registry } = await followed.catch((error) => {
        // The next call tries again after a failure.
        followed = undefined;
        throw error;
      });
      const demand = scope === undefined ? undefined : { scopes: [scope] };
      const presentation = { credential: readCredential(token), clientId, domain, demand };
      const verdict = await decide(presentation, registry, clock);
      if (verdict.outcome === 'rejected') return { accepted: false, reason: verdict.reason };
      const { kind, id, owner, scopes, groups, domains, expiresAt } = verdict.principal;
      return { accepted: true, kind, id, owner, scopes, groups, domains, expiresAt: new Date(expiresAt) };
    },
    async audit({ since, until, actor, action, target } = {}) {
      const [from, to] = [since, until].map((date) =>
        date === undefined ? undefined : checkTime(date.getTime()),
      );
      const entries = await home.audit.entries({ since: from, until: to, actor, action, target });
      return entries.map(({ hash, at, ...entry }) => ({ ...entry, at: new Date(at) }));
    },
    close() {
      followed?.then(
        ({ registry }) => registry.stop(),
        () => undefined,
      );
    },
  };
}

function tokenOf(held: HeldApiKey, now: Timestamp): Token {
  const { id, clientId, label, owner, scopes, status, hint, ...times } = apiKeyView(held, { now });
  const expiresAt = times.expiresAt === null ? null : new Date(times.expiresAt);
  const createdAt = new Date(times.createdAt);
  return { id, clientId, label, owner, scopes, status, hint, createdAt, expiresAt };
}

function registered({ client, credential, key }: FreshApiKey, now: Timestamp): RegisteredToken {
  const wrapped = wrapApiKey('kw', { clientId: client.id, key });
  return { ...tokenOf({ client, credential }, now), clientSecret: key, apiKey: key, wrapped };
}

function endOf(expiresAt: Date | null): Timestamp {
  return expiresAt === null ? NEVER : expiresAt.getTime();
}
