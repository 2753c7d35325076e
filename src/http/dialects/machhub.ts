import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { LIFETIMES, login } from '../api/log-in.js';
import type { HttpServices } from '../services.js';

const Login = Type.Object(
  { username: Type.String({ maxLength: 254 }), password: Type.String({ maxLength: 1024 }) },
  { additionalProperties: false },
);

/** MACHHUB's login: a token for a day, for the domain that the `Domain` header names. */
export function addMachhubRoutes(app: FastifyInstance, services: HttpServices): void {
  app.post<{ Body: Static<typeof Login> }>(
    '/auth/login',
    {
      schema: {
        tags: ['tokens'],
        security: [],
        summary: 'Sign in; the token lasts 24 hours',
        body: Login,
        response: { 200: Type.Object({ success: Type.Literal(true), tkn: Type.String() }) },
      },
    },
    async ({ raw, body }) => {
      const { dayToken } = LIFETIMES;
      const lifetime = { sessionMs: dayToken, tokenMs: dayToken, isRefreshable: false };
      const { token } = await login(
        raw,
        { name: body.username, password: body.password, ...lifetime },
        services,
      );
      return { success: true, tkn: token };
    },
  );
}
