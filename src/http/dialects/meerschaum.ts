import { type Static, Type } from '@sinclair/typebox';
import type { IssuedToken } from '../../core/manage/issue-access-token.js';
import { parseApiKey } from '../../core/model/api-key.js';
import { formatTime } from '../../core/model/time.js';
import { clientBySecret, exchange, LIFETIMES, login, scopesIn } from '../api/log-in.js';
import { type Asked, open } from '../api/route.js';
import { Fields, given } from '../api/schemas.js';
import { basicCredentials } from '../requests/basic.js';
import { FORM } from '../requests/form.js';
import { Refused } from '../responses/errors.js';
import { NO_PASSWORD } from '../responses/problem.js';

const field = given(1024);
const Login = Fields({
  ...{ username: field, password: field, client_id: field, client_secret: field },
  ...{ grant_type: field, scope: field },
});
const Token = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('bearer'),
  expires: Type.String({ format: 'date-time' }),
  expires_in: Type.Integer({ description: 'seconds' }),
});

/** Meerschaum's login: a user's name and password, or a client's id and secret, in a form or as HTTP Basic. */
export const meerschaumRoutes = [
  open({
    route: 'POST /login',
    tag: 'tokens',
    security: [{}, { basic: [] }],
    summary: 'Exchange a password, or a client id and secret, for an access token',
    consumes: [FORM],
    body: Login,
    response: Token,
    run: tokenView,
  }),
];

async function tokenView(asked: Asked<typeof Login>): Promise<Static<typeof Token>> {
  const { token, expiresAt, expiresInSeconds } = await tokenFor(asked);
  const expires = formatTime(expiresAt);
  return { access_token: token, token_type: 'bearer', expires, expires_in: expiresInSeconds };
}

async function tokenFor(asked: Asked<typeof Login>): Promise<IssuedToken> {
  const { body: form, request, services } = asked;
  const basic = basicCredentials(services.headers.read(request.rawHeaders).text);
  const id = form.client_id || form.username || basic?.id;
  const secret = form.client_secret || form.password || basic?.secret;
  if (id === undefined || secret === undefined) throw new Refused(NO_PASSWORD);
  const scopes = scopesIn(form.scope);
  const { accessToken: tokenMs } = LIFETIMES;
  // The form of the secret tells a client from a user, in any field.
  if (parseApiKey(secret) || form.client_secret) {
    const caller = await clientBySecret(asked, { id, secret });
    return exchange(asked, { caller, scopes, ttlMs: tokenMs });
  }
  const session = { sessionMs: tokenMs, tokenMs, continuedBy: null };
  return login(asked, { name: id, password: secret, scopes, ...session });
}
