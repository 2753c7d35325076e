import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { KeywrightError } from '../core/errors.js';
import { parseScope } from '../core/scope.js';
import { type Admission, addressOf, admit } from './admission.js';
import { answer, OPEN_ANSWER, refusalAnswer, send } from './answer.js';
import { present } from './present.js';
import { ANY_PATH, OWN_PATHS } from './route-target.js';
import type { HttpServices } from './services.js';

export interface VerifierOptions {
  readonly services: HttpServices;
  readonly tokens: boolean;
  /** Nothing is asked for: the operator left this listener open. */
  readonly open: boolean;
}

/** The verifier: whatever is not one of keywright's own paths is answered with the verdict on its credential. */
export function addVerifier(app: FastifyInstance, { services, tokens, open }: VerifierOptions): void {
  const accepts = { tokens, headers: services.headers };
  const decide = ({ raw }: FastifyRequest, reply: FastifyReply, scope?: string) => {
    const start = performance.now();
    const demand = scope === undefined ? undefined : { scope };
    const response = reply.hijack().raw;
    if (open) return send(response, OPEN_ANSWER);
    const tell = (admission: Admission) =>
      send(
        response,
        admission.outcome === 'limited'
          ? refusalAnswer(admission.refusal)
          : answer(admission, performance.now() - start),
      );
    const admission = admit(present(raw, accepts, demand), addressOf(raw), services);
    if (!(admission instanceof Promise)) return tell(admission);
    // Whatever fails in here refuses, and ends nobody else.
    admission.then(tell).catch(() => response.destroy());
  };

  // Decided before the body is looked at: a verdict does not depend on it, whatever it says to be.
  const route = { schema: { hide: true } };
  app.all(ANY_PATH, { ...route, onRequest: (request, reply) => decide(request, reply) }, () => undefined);
  app.all(
    OWN_PATHS.verify,
    { ...route, onRequest: (request, reply) => decide(request, reply, demandedScope(request.query)) },
    () => undefined,
  );
}

/** `?scope=NAME`, and nothing else: a mistyped demand must not pass for none. @throws KeywrightError `invalid-input` */
function demandedScope(query: unknown): string | undefined {
  const { scope, ...unknown }: Record<string, unknown> = { ...(query as object) };
  const [name] = Object.keys(unknown);
  if (name !== undefined) {
    throw new KeywrightError(
      'invalid-input',
      `there is no query parameter ${JSON.stringify(name.slice(0, 80))} here`,
    );
  }
  if (scope !== undefined && typeof scope !== 'string')
    throw new KeywrightError('invalid-input', 'scope may be given once');
  return scope === undefined ? undefined : parseScope(scope);
}
