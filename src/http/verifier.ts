import type { IncomingMessage, ServerResponse } from 'node:http';
import { KeywrightError } from '../core/errors.js';
import type { Demand } from '../core/presentation.js';
import { parseScope } from '../core/scope.js';
import { type Admission, addressOf, admit } from './admission.js';
import { answer, OPEN_ANSWER, refusalAnswer, send } from './answer.js';
import { present } from './present.js';
import type { HttpServices } from './services.js';

export interface VerifierOptions {
  readonly services: HttpServices;
  readonly tokens: boolean;
  /** Nothing is asked for: the operator left this listener open. */
  readonly open: boolean;
}

/** Answers a request with the verdict on its credential. It does not depend on the body, which is not looked at. */
export type Verifier = (
  request: IncomingMessage,
  response: ServerResponse,
  demand: Demand | undefined,
) => void;

export function verifierOf({ services, tokens, open }: VerifierOptions): Verifier {
  const accepts = { tokens, headers: services.headers };
  return (request, response, demand) => {
    const start = performance.now();
    if (open) return send(response, OPEN_ANSWER);
    const tell = (admission: Admission) =>
      send(
        response,
        admission.outcome === 'limited'
          ? refusalAnswer(admission.refusal)
          : answer(admission, performance.now() - start),
      );
    const admission = admit(present(request, accepts, demand), addressOf(request), services);
    if (!(admission instanceof Promise)) return tell(admission);
    // Whatever fails in here refuses, and ends nobody else.
    admission.then(tell).catch(() => response.destroy());
  };
}

/** `?scope=NAME`, and nothing else: a mistyped demand must not pass for none. @throws KeywrightError `invalid-input` */
export function demandedScope(target: string): Demand | undefined {
  const query = new URLSearchParams(target.slice(target.indexOf('?') + 1 || target.length));
  const name = [...query.keys()].find((key) => key !== 'scope');
  if (name !== undefined) {
    throw new KeywrightError(
      'invalid-input',
      `there is no query parameter ${JSON.stringify(name.slice(0, 80))} here`,
    );
  }
  const [scope, ...more] = query.getAll('scope');
  if (more.length > 0) throw new KeywrightError('invalid-input', 'scope may be given once');
  return scope === undefined ? undefined : { scope: parseScope(scope) };
}
