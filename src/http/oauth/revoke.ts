import { Type } from '@sinclair/typebox';
import { actorOf } from '../../core/manage/actor.js';
import { revokeSession, sessionOf, withdrawToken } from '../../core/manage/sessions.js';
import { KeywrightError } from '../../core/model/errors.js';
import { readCredential } from '../../core/model/presented-credential.js';
import type { Principal } from '../../core/model/principal.js';
import { parseRefreshToken } from '../../core/model/session.js';
import { loaderFor } from '../../core/verify/load.js';
import { LIFETIMES } from '../api/log-in.js';
import { open } from '../api/route.js';
import { given } from '../api/schemas.js';
import { FORM } from '../requests/form.js';
import type { HttpServices } from '../services.js';
import { clientOf } from './client-authentication.js';
import { OAuthRefused } from './error.js';

const field = given(20_000);
const Request = Type.Object({
  token: Type.String({ maxLength: 20_000 }),
  ...{ token_type_hint: field, client_id: field, client_secret: field },
});

/** RFC 7009: ends the session of a refresh or access token. Revokes a client's access token alone. */
export const revokeRoute = open({
  route: 'POST /oauth/revoke',
  tag: 'oauth',
  security: [{}, { basic: [] }, { bearer: [] }, { apiKey: [] }],
  summary: 'Revoke an access or refresh token',
  consumes: [FORM],
  body: Request,
  response: Type.Object({}),
  async run(asked) {
    const { body, request, services } = asked;
    const caller = await clientOf(asked);
    const target = await targetOf(body.token, services);
    // RFC 7009 section 2.2: it is no error if a token does not work.
    if (target === undefined) return {};
    requireOwn(caller, target, services);
    const from = services.proxies.addressOf(request);
    const who = caller ? `${caller.kind} ${caller.id}` : `whoever has a token of ${target.kind} ${target.id}`;
    const revoking = { ...services, changes: services.changes.by({ who, from }) };
    if (target.kind === 'user') {
      // It is no error if a session has ended meanwhile.
      await revokeSession(revoking, target.sessionId).catch(unlessNotFound);
    } else {
      // The other tokens of its family end at most an hour from now.
      const expiresAt = services.clock.now() + LIFETIMES.accessToken;
      const { id, tokenId } = target;
      await withdrawToken(revoking, { tokenId, target: `${id}:${tokenId}`, expiresAt });
    }
    return {};
  },
});

type Target =
  | { readonly kind: 'user'; readonly id: string; readonly sessionId: string }
  | { readonly kind: 'client'; readonly id: string; readonly tokenId: string };

/** Finds the session or the client of a token. @returns undefined if the token was never issued here */
async function targetOf(token: string, services: HttpServices): Promise<Target | undefined> {
  const { registry } = services;
  if (parseRefreshToken(token)) {
    const hashSecret = (text: string) => registry.hashSecret(text);
    // Whoever has a refresh token that was used has what the session began with: it ends, too.
    const session = (await sessionOf({ ...services, hashSecret }, token))?.session;
    return session && { kind: 'user', id: session.userId, sessionId: session.id };
  }
  const credential = readCredential(token);
  if (credential.kind === 'api-key' || credential.kind === 'signed-token')
    throw new OAuthRefused('unsupported_token_type', 'only access and refresh tokens are revoked here');
  if (credential.kind !== 'access-token') return undefined;
  await loaderFor({ credential }, registry)?.();
  const claims = registry.facts.accessToken(credential);
  if (claims === undefined || 'rejected' in claims || !registry.facts.isTrusted(claims.keyId))
    return undefined;
  const { subject: id, origin, familyId: tokenId } = claims;
  return origin.kind === 'session'
    ? { kind: 'user', id, sessionId: origin.sessionId }
    : { kind: 'client', id, tokenId };
}

function unlessNotFound(error: unknown): void {
  if (!(error instanceof KeywrightError) || error.code !== 'not-found') throw error;
}

/**
 * Checks that a caller may revoke a token: an admin any token, a client its own, and everybody a user's token that they
 * have.
 */
function requireOwn(caller: Principal | undefined, target: Target, { registry }: HttpServices): void {
  if (caller === undefined) {
    if (target.kind === 'user') return;
    throw new OAuthRefused('invalid_client', 'the client does not authenticate itself');
  }
  const isOwn = caller.kind === target.kind && caller.id === target.id;
  const actor = actorOf(caller, (id) => registry.userById(id));
  if (!isOwn && actor?.kind !== 'admin')
    throw new OAuthRefused('unauthorized_client', 'the token is not the caller’s');
}
