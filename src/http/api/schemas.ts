import { Type } from '@sinclair/typebox';

/** A moment, or a span from now. */
export const When = Type.String({ maxLength: 64, examples: ['90d', 'never', '2030-01-31T12:00:00Z'] });

/** A text, or null for none. */
export const OptionalText = Type.Union([Type.String(), Type.Null()]);

/** Scopes as they are given in a request. */
export const Scopes = Type.Array(Type.String({ maxLength: 300 }), { maxItems: 100 });

/** An API key as it is shown. */
export const TokenView = Type.Object({
  ...{
    id: Type.String(),
    clientId: Type.String(),
    label: OptionalText,
    owner: OptionalText,
    domain: OptionalText,
  },
  ...{ hint: Type.String(), scopes: Type.Array(Type.String()), status: Type.String() },
  ...{
    createdAt: Type.String(),
    expiresAt: OptionalText,
    lastUsedAt: OptionalText,
    lastUsedFrom: OptionalText,
  },
});
