import type { IncomingMessage } from 'node:http';
import {
  type IssuedToken,
  issueAccessToken,
  principalGrant,
  sessionGrant,
  type TokenGrant,
} from '../../core/manage/issue-access-token.js';
import { refreshSession, type SessionServices, signIn } from '../../core/manage/sessions.js';
import { readApiKey } from '../../core/model/presented-credential.js';
import type { Principal } from '../../core/model/principal.js';
import { covers, isScope, MAX_SCOPES, narrowScopes } from '../../core/model/scope.js';
import { refreshToken, type Session } from '../../core/model/session.js';
import type { User } from '../../core/model/user.js';
import { requirePrincipal } from '../admission.js';
import { Refused } from '../responses/errors.js';
import { REFUSALS, tooMany, WRONG_PASSWORD } from '../responses/problem.js';
import type { HttpServices } from '../services.js';

/** How long what is issued here lasts, in milliseconds. */
export const LIFETIMES = {
  accessToken: 3_600_000,
  exchangedToken: 900_000,
  dayToken: 86_400_000,
  refreshableSession: 30 * 86_400_000,
} as const;

/** Tokens that a login, or its continuation, came to. */
export interface IssuedTokens extends IssuedToken {
  readonly refreshToken: string | undefined;
}

interface Login {
  readonly name: string;
  readonly password: string;
  /** Those that are asked for; all that the user has, without. */
  readonly scopes?: readonly string[] | undefined;
  readonly sessionMs: number;
  readonly tokenMs: number;
  readonly isRefreshable: boolean;
}

/** Signs a user in, within the limits for the address. @throws Refused */
export async function login(
  request: IncomingMessage,
  { name, password, scopes, sessionMs, tokenMs, isRefreshable }: Login,
  services: HttpServices,
): Promise<IssuedTokens> {
  const { audit, headers } = services;
  const from = services.proxies.addressOf(request);
  const { domain } = headers.read(request.rawHeaders);
  if (domain === null) throw new Refused(REFUSALS['wrong-domain']);
  const signedIn = await passwordAttempt(from, services, async () => {
    const result = await signIn(
      {
        ...sessionServices(services),
        audit: audit.by({ who: `user ${name.toLowerCase().slice(0, 80)}`, from }),
      },
      { name, password, domain, scopes, from, ttlMs: sessionMs, isRefreshable },
    );
    return { result, isRight: result.outcome === 'accepted' || result.reason !== 'invalid' };
  });
  if (signedIn.outcome === 'accepted') return issueTokens(signedIn, tokenMs, services);
  throw new Refused(signedIn.reason === 'invalid' ? WRONG_PASSWORD : REFUSALS[signedIn.reason]);
}

/** Checks a password within the limit for the address. @throws Refused if too many failed before */
export async function passwordAttempt<T>(
  from: string,
  { attempts, addressKey }: HttpServices,
  check: () => Promise<{ readonly result: T; readonly isRight: boolean }>,
): Promise<T> {
  const by = addressKey(from);
  const checked = await attempts.costly({ by, check, isRight: ({ isRight }) => isRight });
  if (checked.outcome === 'limited') throw new Refused(tooMany(checked.waitMs));
  return checked.result.result;
}

/** Continues a session by its refresh token. @throws Refused */
export async function refresh(
  request: IncomingMessage,
  token: string,
  services: HttpServices,
): Promise<IssuedTokens> {
  const from = services.proxies.addressOf(request);
  const audit = services.audit.by({ who: 'whoever has the refresh token', from });
  const continued = await refreshSession({ ...sessionServices(services), audit }, token);
  if (continued) return issueTokens(continued, LIFETIMES.accessToken, services);
  const waitMs = await services.attempts.failed(services.addressKey(from));
  throw new Refused(waitMs > 0 ? tooMany(waitMs) : REFUSALS.invalid);
}

/** Exchanges what a caller was accepted by for a token with some of its scopes. @throws Refused where it lacks one */
export function exchange(
  principal: Principal,
  { scopes, ttlMs }: { readonly scopes: readonly string[] | undefined; readonly ttlMs: number },
  services: HttpServices,
): Promise<IssuedToken> {
  const grant: TokenGrant = principalGrant(principal);
  if (scopes === undefined) return issueAccessToken(services, grant, ttlMs);
  if (!mayBeAsked(scopes, principal.scopes)) throw new Refused(REFUSALS['insufficient-scope']);
  return issueAccessToken(services, { ...grant, scopes: narrowScopes(principal.scopes, scopes) }, ttlMs);
}

// As many as one may hold: a token must fit into a header.
function mayBeAsked(scopes: readonly string[], held: readonly string[]): boolean {
  return scopes.length <= MAX_SCOPES && scopes.every((scope) => isScope(scope) && covers(held, scope));
}

/** The client that an id and a secret, which is one of its API keys, are of. @throws Refused */
export function clientBySecret(
  request: IncomingMessage,
  { id, secret }: { readonly id: string; readonly secret: string },
  services: HttpServices,
): Promise<Principal> {
  const { domain } = services.headers.read(request.rawHeaders);
  return requirePrincipal(
    { credential: readApiKey({ clientId: id, key: secret }), domain },
    { from: services.proxies.addressOf(request), services },
  );
}

/** What the rules for sessions work with. */
function sessionServices(services: HttpServices): SessionServices {
  const { registry, keyStore, clock, audit, passwords } = services;
  return {
    ...{ keyStore, clock, audit, passwords },
    hashSecret: (secret) => registry.hashSecret(secret),
    findUser: (name) => registry.userById(name) ?? registry.userByEmail(name),
  };
}

async function issueTokens(
  { user, session }: { readonly user: User; readonly session: Session },
  ttlMs: number,
  services: HttpServices,
): Promise<IssuedTokens> {
  const minted = await issueAccessToken(services, sessionGrant(user, session), ttlMs);
  return { ...minted, refreshToken: refreshToken(session, (text) => services.registry.hashSecret(text)) };
}
