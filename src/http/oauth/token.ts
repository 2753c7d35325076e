import { type Static, Type } from '@sinclair/typebox';
import type { IssuedToken } from '../../core/manage/issue-access-token.js';
import { readCredential } from '../../core/model/presented-credential.js';
import type { Principal } from '../../core/model/principal.js';
import { principalBy } from '../admission.js';
import { exchange, LIFETIMES, refresh, scopesIn } from '../api/log-in.js';
import { type Asked, open } from '../api/route.js';
import { given } from '../api/schemas.js';
import { FORM } from '../requests/form.js';
import { Refused } from '../responses/errors.js';
import { clientOf } from './client-authentication.js';
import { OAuthRefused } from './error.js';

const field = given(20_000);
const Request = Type.Object({
  grant_type: Type.String({ maxLength: 100 }),
  ...{ client_id: field, client_secret: field, scope: field, refresh_token: field },
  ...{ subject_token: field, subject_token_type: field, requested_token_type: field, audience: field },
  ...{ resource: field, actor_token: field },
});

const Response = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'seconds' }),
  scope: Type.String(),
  refresh_token: field,
  issued_token_type: field,
});

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ISSUED_TYPES = [ACCESS_TOKEN, 'urn:ietf:params:oauth:token-type:jwt'];
// RFC 8693 section 3 has no type for an API key.
const SUBJECT_TYPES = [...ISSUED_TYPES, 'urn:keywright:token-type:api-key'];

export const GRANT_TYPES = ['client_credentials', 'refresh_token', TOKEN_EXCHANGE];

/** RFC 6749 section 3.2: issues access tokens for a client, for a session, or for another token (RFC 8693). */
export const tokenRoute = open({
  route: 'POST /oauth/token',
  tag: 'oauth',
  security: [{}, { basic: [] }],
  summary: 'The token endpoint: client_credentials, refresh_token, token exchange',
  consumes: [FORM],
  body: Request,
  response: Response,
  run: tokenView,
});

type Granting = Asked<typeof Request>;

async function tokenView(asked: Granting): Promise<Static<typeof Response>> {
  const { token, scopes, expiresInSeconds, ...more } = await grant(asked);
  const scope = scopes.join(' ');
  return { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds, scope, ...more };
}

type Granted = IssuedToken & { readonly refresh_token?: string; readonly issued_token_type?: string };

async function grant(asked: Granting): Promise<Granted> {
  const { body } = asked;
  requireOurTarget(asked);
  switch (body.grant_type) {
    case 'client_credentials': {
      const client = await clientOf(asked);
      if (client === undefined)
        throw new OAuthRefused('invalid_client', 'the client does not authenticate itself');
      return scopedToken(asked, client);
    }
    case 'refresh_token':
      return continued(asked);
    case TOKEN_EXCHANGE: {
      // A client that names itself must authenticate (RFC 8693 section 2.1). Without a client the subject token is
      // enough.
      await clientOf(asked);
      const subject = await subjectOf(asked);
      const issued_token_type = body.requested_token_type ?? ACCESS_TOKEN;
      return { ...(await scopedToken(asked, subject)), issued_token_type };
    }
    default:
      throw new OAuthRefused('unsupported_grant_type', `grant types are ${GRANT_TYPES.join(', ')}`);
  }
}

// RFC 8693 section 2.1 and RFC 8707: a token for somebody else is never made in silence.
function requireOurTarget({ body: { audience, resource }, services }: Granting): void {
  const { tokenIssuer: ours } = services;
  for (const target of [audience, resource])
    if (target !== undefined && target !== ours.audience && target !== ours.issuer)
      throw new OAuthRefused('invalid_target', `tokens are for ${ours.audience}`);
}

async function continued(asked: Granting): Promise<Granted> {
  const { refresh_token: token, scope } = asked.body;
  if (token === undefined) throw new OAuthRefused('invalid_request', 'refresh_token is missing');
  // A client that names itself must authenticate (RFC 6749 section 6).
  await clientOf(asked);
  const tokens = await orInvalidGrant(refresh(asked, { token, scopes: scopesIn(scope) }));
  return { ...tokens, ...(tokens.refreshToken !== undefined && { refresh_token: tokens.refreshToken }) };
}

function subjectOf({ request, body: form, services }: Granting): Promise<Principal> {
  const {
    subject_token: token,
    subject_token_type: type = '',
    requested_token_type: requested = ACCESS_TOKEN,
  } = form;
  if (token === undefined) throw new OAuthRefused('invalid_request', 'subject_token is missing');
  if (!SUBJECT_TYPES.includes(type))
    throw new OAuthRefused('invalid_request', `subject_token_type is one of ${SUBJECT_TYPES.join(', ')}`);
  if (!ISSUED_TYPES.includes(requested))
    throw new OAuthRefused('invalid_request', `requested_token_type is ${ACCESS_TOKEN}`);
  if (form.actor_token !== undefined)
    throw new OAuthRefused('invalid_request', 'nobody acts for another here');
  return orInvalidGrant(principalBy(readCredential(token), request, services));
}

function scopedToken(asked: Granting, caller: Principal): Promise<IssuedToken> {
  return exchange(asked, { caller, scopes: scopesIn(asked.body.scope), ttlMs: LIFETIMES.accessToken });
}

async function orInvalidGrant<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const isNoGrant = error instanceof Refused && error.refusal.problem.status === 401;
    throw isNoGrant ? new OAuthRefused('invalid_grant', error.message, error.told) : error;
  }
}
