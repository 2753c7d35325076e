import { type Static, Type } from '@sinclair/typebox';
import { readCredential } from '../../core/model/presented-credential.js';
import type { Principal } from '../../core/model/principal.js';
import { subjectOf } from '../../core/model/subject.js';
import { NEVER } from '../../core/model/time.js';
import { decide } from '../../core/verify/decide.js';
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
const names = Type.Optional(Type.Array(Type.String()));
const seconds = Type.Optional(Type.Integer());
const Response = Type.Object({
  active: Type.Boolean(),
  ...{
    scope: field,
    client_id: field,
    username: field,
    token_type: field,
    sub: field,
    aud: field,
    iss: field,
  },
  ...{ jti: field, exp: seconds, iat: seconds, nbf: seconds, groups: names, domains: names },
});

/** RFC 7662: tells a caller with a credential if another credential holds now. */
export const introspectRoute = open({
  route: 'POST /oauth/introspect',
  tag: 'oauth',
  security: [{ basic: [] }, { bearer: [] }, { apiKey: [] }],
  summary: 'What an access token, API key or signed token is worth now',
  consumes: [FORM],
  body: Request,
  response: Response,
  async run(asked) {
    const { body, services } = asked;
    const caller = await clientOf(asked);
    if (caller === undefined)
      throw new OAuthRefused('invalid_client', 'the caller does not authenticate itself');
    const credential = readCredential(body.token);
    const verdict = await decide({ credential }, services.registry, services.clock);
    // RFC 7662 section 2.2: an answer about a credential that does not hold says nothing else.
    return verdict.outcome === 'accepted' ? described(verdict.principal, services) : { active: false };
  },
});

function described(principal: Principal, { tokenIssuer }: HttpServices): Static<typeof Response> {
  const { kind, id, scopes, groups, domains, credential, notBefore, expiresAt } = principal;
  const isToken = credential.kind === 'access-token';
  return {
    active: true,
    scope: scopes.join(' '),
    sub: subjectOf(principal),
    ...(kind === 'client' ? { client_id: id } : { username: id }),
    token_type: isToken ? 'Bearer' : credential.kind,
    ...(isToken && {
      jti: credential.id,
      iss: tokenIssuer.issuer,
      aud: tokenIssuer.audience,
      iat: toSeconds(credential.claims.issuedAt),
    }),
    nbf: toSeconds(notBefore),
    ...(expiresAt < NEVER && { exp: toSeconds(expiresAt) }),
    groups: [...groups],
    domains: [...domains],
  };
}

function toSeconds(time: number): number {
  return Math.floor(time / 1000);
}
