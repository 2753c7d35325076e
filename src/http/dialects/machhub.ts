import { Type } from '@sinclair/typebox';
import { login } from '../api/log-in.js';
import { open } from '../api/route.js';
import { Fields } from '../api/schemas.js';

const DAY_MS = 86_400_000;

/** MACHHUB's login: a token for a day, for the domain that the `Domain` header names. */
export const machhubRoutes = [
  open({
    route: 'POST /auth/login',
    tag: 'tokens',
    security: [],
    summary: 'Sign in; the token lasts 24 hours',
    body: Fields({ username: Type.String({ maxLength: 254 }), password: Type.String({ maxLength: 1024 }) }),
    response: Type.Object({ success: Type.Literal(true), tkn: Type.String() }),
    async run(asked) {
      const { username: name, password } = asked.body;
      const lifetime = { sessionMs: DAY_MS, tokenMs: DAY_MS, continuedBy: null };
      const { token } = await login(asked, { name, password, ...lifetime });
      return { success: true, tkn: token } as const;
    },
  }),
];
