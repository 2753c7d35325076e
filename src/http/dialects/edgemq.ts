import { Type } from '@sinclair/typebox';
import { KeywrightError } from '../../core/model/errors.js';
import { readCredential } from '../../core/model/presented-credential.js';
import { parseScope } from '../../core/model/scope.js';
import { addDuration } from '../../core/model/time.js';
import { principalBy, principalOf } from '../admission.js';
import { exchange, scopesIn } from '../api/log-in.js';
import { open } from '../api/route.js';
import { Fields } from '../api/schemas.js';

const Exchange = Fields({
  api_key: Type.Optional(Type.String({ maxLength: 4096, description: 'unless it is in a header' })),
  scope: Type.Optional(Type.String({ maxLength: 1024, default: 'ingest' })),
  ttl: Type.Optional(Type.String({ maxLength: 16, default: '15m', examples: ['90s', '15m'] })),
});
const Token = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'seconds' }),
});

const MAX_TTL_MS = 900_000;

/** EdgeMQ's exchange of an API key for an access token of one scope. */
export const edgemqRoutes = [
  open({
    route: 'POST /v1/token/exchange',
    tag: 'tokens',
    summary: 'Exchange an API key for an access token of 15 minutes or less',
    body: Exchange,
    response: Token,
    async run(asked) {
      const { body, request, services } = asked;
      const { api_key: key, scope = 'ingest', ttl } = body;
      const scopes = (scopesIn(scope) ?? []).map(parseScope);
      if (scopes.length === 0) throw new KeywrightError('invalid-input', 'the field "scope" is empty');
      const ttlMs = ttl === undefined ? MAX_TTL_MS : addDuration(0, ttl);
      if (ttlMs > MAX_TTL_MS) throw new KeywrightError('invalid-input', 'the field "ttl" is more than 15m');
      const caller =
        key === undefined
          ? await principalOf(request, services)
          : await principalBy(readCredential(key), request, services);
      const { token, expiresInSeconds } = await exchange(asked, { caller, scopes, ttlMs });
      return { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds } as const;
    },
  }),
];
