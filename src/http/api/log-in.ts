import type { IncomingMessage } from 'node:http';
import {
  type IssuedToken,
  issueAccessToken,
  principalGrant,
  sessionGrant,
  type TokenGrant,
} from '../../core/manage/issue-access-token.js';
import { refreshSession, type SignIn, type SignInRequest, signIn } from '../../core/manage/sessions.js';
import { readApiKey } from '../../core/model/presented-credential.js';
import type { Principal } from '../../core/model/principal.js';
import { mayAsk, narrowScopes } from '../../core/model/scope.js';
import { refreshToken } from '../../core/model/session.js';
import { passwordsBy } from '../../core/verify/attempts.js';
import type { PresentedPassword } from '../../core/verify/facts.js';
import { principalBy } from '../admission.js';
import { Refused } from '../responses/errors.js';
import { REFUSALS, tooMany, WRONG_PASSWORD } from '../responses/problem.js';
import type { HttpServices } from '../services.js';
import { loginTold, refreshTold, TOO_MANY_TOLD } from './login-causes.js';

/** Lifetimes in milliseconds, unless a dialect has its own; a refreshed session keeps its end. */
export const LIFETIMES = { accessToken: 3_600_000, session: 30 * 86_400_000 } as const;

/** A request to sign in or to continue a session, in any dialect. */
interface Request {
  readonly request: IncomingMessage;
  readonly services: HttpServices;
}

/** The tokens of a login or of its continuation. */
export interface IssuedTokens extends IssuedToken {
  readonly refreshToken: string | undefined;
}

type SignedIn = Extract<SignIn, { outcome: 'accepted' }>;

interface Login {
  readonly name: string;
  readonly password: string;
  /** Default: all scopes of the user. */
  readonly scopes?: readonly string[] | undefined;
  readonly sessionMs: number;
  readonly continuedBy: SignInRequest['continuedBy'];
}

/** Signs a user in, within the limits for the address, and makes the session's first token. @throws Refused */
export async function login(
  request: Request,
  { tokenMs, ...login }: Login & { readonly tokenMs: number },
): Promise<IssuedTokens> {
  return issueTokens(await begin(request, login), tokenMs, request.services);
}

/** Signs a user in, within the limits for the address. @throws Refused */
export async function begin(
  { request, services }: Request,
  { name, password, scopes, sessionMs, continuedBy }: Login,
): Promise<SignedIn> {
  const { changes } = services;
  const from = services.proxies.addressOf(request);
  const domain = domainOf({ request, services });
  const lookUp = sessionServices(services);
  const presented = { name, password, hash: lookUp.findUser(name.toLowerCase())?.passwordHash };
  const signedIn = await passwordAttempt({ from, services, presented }, async (holds) => {
    const result = await signIn(
      {
        ...lookUp,
        // The user's password may have changed meanwhile.
        passwords: { verify: async (_, hash) => hash === presented.hash && (await holds()) },
        changes: changes.by({ who: `user ${name.toLowerCase().slice(0, 80)}`, from }),
      },
      { name, password, domain, scopes, from, ttlMs: sessionMs, continuedBy },
    );
    return { result, isRight: result.outcome === 'accepted' || result.reason !== 'invalid' };
  });
  if (signedIn.outcome === 'accepted') return signedIn;
  const { reason } = signedIn;
  throw new Refused(
    reason === 'invalid' ? WRONG_PASSWORD : REFUSALS[reason],
    loginTold(reason, name, services),
  );
}

interface PasswordAttempt {
  readonly from: string;
  readonly services: HttpServices;
  readonly presented: PresentedPassword;
}

/**
 * Checks a password within the limit for the address. One that was right before is not limited, whatever others at that
 * address have tried.
 * @param check gets what tells if the password holds
 * @throws Refused if too many failed before
 */
export async function passwordAttempt<T>(
  { from, services, presented }: PasswordAttempt,
  check: (holds: () => Promise<boolean>) => Promise<{ readonly result: T; readonly isRight: boolean }>,
): Promise<T> {
  const { attempts, addressKey, registry } = services;
  const { facts } = registry;
  const by = addressKey(from);
  const known = facts.passwordHolds(presented);
  if (known !== undefined) {
    const { result, isRight } = await check(async () => known);
    const waitMs = isRight ? 0 : await attempts.failed(by);
    if (waitMs > 0) throw new Refused(tooMany(waitMs), TOO_MANY_TOLD);
    return result;
  }
  const checked = await attempts.costly({
    by: passwordsBy(by),
    failsAs: by,
    isRight: ({ isRight }) => isRight,
    check: () =>
      check(async () => {
        await facts.checkPassword(presented);
        return facts.passwordHolds(presented) === true;
      }),
  });
  if (checked.outcome === 'limited') throw new Refused(tooMany(checked.waitMs), TOO_MANY_TOLD);
  return checked.result.result;
}

interface Continuation {
  readonly token: string;
  /** Default: all scopes of the session. */
  readonly scopes?: readonly string[] | undefined;
}

/** Continues a session by its refresh token. @throws Refused */
export async function refresh(
  { request, services }: Request,
  { token, scopes }: Continuation,
): Promise<IssuedTokens> {
  const from = services.proxies.addressOf(request);
  const domain = domainOf({ request, services });
  const changes = services.changes.by({ who: 'whoever has the refresh token', from });
  const continued = await refreshSession(
    { ...sessionServices(services), changes },
    { token, domain, scopes },
  );
  if (continued.outcome === 'accepted') return issueTokens(continued, LIFETIMES.accessToken, services);
  if (continued.reason !== 'invalid') throw new Refused(REFUSALS[continued.reason]);
  const waitMs = await services.attempts.failed(services.addressKey(from));
  throw waitMs > 0
    ? new Refused(tooMany(waitMs), TOO_MANY_TOLD)
    : new Refused(REFUSALS.invalid, refreshTold(token, services));
}

interface Exchange {
  readonly caller: Principal;
  /** Default: all scopes of the caller. */
  readonly scopes: readonly string[] | undefined;
  readonly ttlMs: number;
}

/**
 * Makes an access token for a caller. The token ends with the caller's credential.
 * @throws Refused if the caller lacks one of the scopes
 */
export function exchange(
  { services }: Pick<Request, 'services'>,
  { caller, scopes, ttlMs }: Exchange,
): Promise<IssuedToken> {
  const grant: TokenGrant = principalGrant(caller);
  if (scopes === undefined) return issueAccessToken(services, grant, ttlMs);
  if (!mayAsk(caller.scopes, scopes)) {
    const cause = `${caller.kind} ${caller.id} asked for scopes that it does not have: it has ${caller.scopes.join(', ') || 'none'}`;
    throw new Refused(REFUSALS['insufficient-scope'], {
      reason: 'insufficient-scope',
      explain: () => ({ cause }),
    });
  }
  return issueAccessToken(services, { ...grant, scopes: narrowScopes(caller.scopes, scopes) }, ttlMs);
}

/** Reads the scopes in a field, with blanks between them; undefined if the field was left out. */
export function scopesIn(field: string | undefined): string[] | undefined {
  return field?.split(' ').filter((name) => name !== '');
}

/** Authenticates a client by its id and one of its API keys. @throws Refused */
export function clientBySecret(
  { request, services }: Request,
  { id, secret }: { readonly id: string; readonly secret: string },
): Promise<Principal> {
  return principalBy(readApiKey({ clientId: id, key: secret }), request, services);
}

/** Finds the domain that a request names. @throws Refused if it names two */
function domainOf({ request, services }: Request): string | undefined {
  const { domain } = services.headers.read(request.rawHeaders);
  if (domain === null) throw new Refused(REFUSALS['wrong-domain']);
  return domain;
}

/** The services that signing in needs. */
function sessionServices(services: HttpServices) {
  const { registry } = services;
  return {
    ...services,
    hashSecret: (secret: string) => registry.hashSecret(secret),
    findUser: (name: string) => registry.userById(name) ?? registry.userByEmail(name),
    userById: (id: string) => registry.userById(id),
  };
}

async function issueTokens(
  { user, session, scopes }: SignedIn,
  ttlMs: number,
  services: HttpServices,
): Promise<IssuedTokens> {
  const minted = await issueAccessToken(services, sessionGrant(user, session, scopes), ttlMs);
  return { ...minted, refreshToken: refreshToken(session, (text) => services.registry.hashSecret(text)) };
}
