import { requireClient } from '../core/manage/clients.js';
import { type Owners, requireOwnable } from '../core/manage/ownership.js';
import { requireFutureEnd } from '../core/manage/register-api-key.js';
import { checkKeyPrefix } from '../core/model/api-key.js';
import { parseLabel } from '../core/model/client.js';
import { parseClientId } from '../core/model/client-id.js';
import { BUILT_IN_SCOPES } from '../core/model/scope.js';
import { parseExpiry, type Timestamp } from '../core/model/time.js';
import { parseGroupName, parseUserName, type User } from '../core/model/user.js';
import type { Home } from '../home/open-home.js';
import { checkedBy } from './checked.js';
import { prompts } from './prompts.js';
import { management } from './services.js';

/** The flags of an API key. */
export interface ApiKeyFlags {
  readonly client?: string | undefined;
  readonly owner?: string | undefined;
  readonly domain?: string | undefined;
  readonly label?: string | undefined;
  readonly expires?: string | undefined;
  readonly scope?: string[] | undefined;
  readonly prefix?: string | undefined;
}

const DEFAULT_EXPIRY = '90d';
const DEFAULT_SCOPE = 'ingest';

/**
 * Reads what an API key is to be from the flags, and asks for the rest if it may. What the flags say is checked before the
 * first question, and each answer when it is given.
 */
export async function askApiKey(flags: ApiKeyFlags, home: Home, { mayAsk }: { readonly mayAsk: boolean }) {
  const { keyStore, clock } = home;
  const settings = await home.settings();
  const clientId = flags.client === undefined ? undefined : parseClientId(flags.client);
  const client = clientId === undefined ? undefined : await requireClient(keyStore, clientId);
  const domain = flags.domain === undefined ? undefined : parseGroupName(flags.domain);
  const prefix = checkKeyPrefix(flags.prefix ?? settings.keyPrefix);
  const owners: Owners = { actor: management(home).actor, userById: (id) => keyStore.users.get(id) };
  const given = {
    owner: flags.owner === undefined ? undefined : parseUserName(flags.owner),
    label: flags.label === undefined ? undefined : parseLabel(flags.label),
    expiresAt: flags.expires === undefined ? undefined : parseEnd(flags.expires, clock.now()),
    scopes: flags.scope && (await home.parseScopes(flags.scope)),
  };
  const checkOwner = async (owner: string | undefined, scopes = given.scopes) => {
    const holder = client ?? { owner: owner ?? null, domain: domain ?? null };
    await requireOwnable(owners, { ...holder, scopes: scopes ? [scopes] : [] });
  };
  await checkOwner(given.owner);
  const questions = mayAsk && process.stdin.isTTY ? await openQuestions() : undefined;
  const users =
    questions && client === undefined && given.owner === undefined ? await keyStore.users.page() : [];
  const owner = given.owner ?? (users.length > 0 ? await questions?.owner(users, checkOwner) : undefined);
  const label = given.label ?? (await questions?.label());
  const expiresAt =
    given.expiresAt ??
    parseEnd(
      (await questions?.expires((text) => parseEnd(text, clock.now()))) ?? DEFAULT_EXPIRY,
      clock.now(),
    );
  const known = [...BUILT_IN_SCOPES, ...settings.scopes];
  const scopes = given.scopes ??
    (await questions?.scopes(known, async (chosen) => checkOwner(owner, await home.parseScopes(chosen)))) ?? [
      DEFAULT_SCOPE,
    ];
  return { clientId, owner, domain, label, scopes, expiresAt, prefix };
}

function parseEnd(text: string, now: Timestamp): Timestamp {
  return requireFutureEnd(parseExpiry(text, now), now);
}

async function openQuestions() {
  const { checkbox, input, select } = await prompts();
  const context = { output: process.stderr };
  return {
    async owner(users: readonly User[], check: (owner: string) => Promise<void>) {
      const choices = await Promise.all(users.map((user) => ownerChoice(user, check)));
      const nobody = { name: '(nobody)', value: '' };
      return (await select({ message: 'Owner:', choices: [nobody, ...choices] }, context)) || undefined;
    },
    async label() {
      const validate = checkedBy((text) => text === '' || parseLabel(text));
      return (await input({ message: 'Label:', validate }, context)) || undefined;
    },
    expires: (parse: (text: string) => unknown) =>
      input(
        { message: 'Expires (90d, never, or a time):', default: DEFAULT_EXPIRY, validate: checkedBy(parse) },
        context,
      ),
    scopes(known: readonly string[], check: (scopes: string[]) => Promise<void>) {
      const choices = known.map((value) => ({ value, checked: value === DEFAULT_SCOPE }));
      const validate = (chosen: readonly { readonly value: string }[]) =>
        checkedBy(() => check(chosen.map(({ value }) => value)))('');
      return checkbox({ message: 'Scopes:', choices, required: true, validate }, context);
    },
  };
}

/** A user who cannot be the owner is shown, and why. */
async function ownerChoice({ id, email }: User, check: (owner: string) => Promise<void>) {
  const why = await checkedBy(() => check(id))('');
  return {
    name: email ? `${id} (${email})` : id,
    value: id,
    disabled: why === true ? false : `(${why})`,
  };
}
