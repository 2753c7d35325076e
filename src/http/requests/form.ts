import type { FastifyInstance } from 'fastify';

/** The media type of forms. */
export const FORM = 'application/x-www-form-urlencoded';

export type BodyParser = ReturnType<FastifyInstance['getDefaultJsonParser']>;

/** Reads a form. */
export const parseForm: BodyParser = (_request, body, done) => {
  const form: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(String(body))) {
    // RFC 6749 section 3.2: a parameter may come once only.
    if (Object.hasOwn(form, name))
      return done(
        Object.assign(new Error(`the field ${JSON.stringify(name.slice(0, 80))} is there twice`), {
          statusCode: 400,
        }),
        undefined,
      );
    // RFC 6749 section 3.2: a parameter without a value counts as left out.
    if (value !== '') Object.defineProperty(form, name, { value, enumerable: true });
  }
  done(null, form);
};
