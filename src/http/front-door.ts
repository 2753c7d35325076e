import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { addressee } from './requests/addressee.js';
import type { OwnPaths } from './requests/own-paths.js';
import { misformed, readTarget } from './requests/well-formed.js';
import { problemAnswer, refusalAnswer, send } from './responses/answer.js';
import type { CrossOrigin } from './responses/cross-origin.js';
import { answerFailure, NOTHING_HERE } from './responses/errors.js';
import { MISFORMED } from './responses/misformed.js';
import type { HttpServices } from './services.js';
import type { Upstream } from './verifier/upstream/upstream.js';
import type { Verifier } from './verifier/verifier.js';

interface FrontDoor {
  readonly services: Pick<HttpServices, 'observer'>;
  readonly own: OwnPaths;
  readonly verifier: Verifier;
  readonly upstream: Upstream | undefined;
  readonly crossOrigin: CrossOrigin | undefined;
}

/**
 * Puts the verifier before the router. The router gets only keywright's own paths, because most requests need no
 * router. Whatever fails in a request's way refuses that request, and ends no other.
 */
export function putBefore(
  app: FastifyInstance,
  { services, own, verifier, upstream, crossOrigin }: FrontDoor,
): void {
  const [route] = app.server.listeners('request');
  app.server.removeAllListeners('request');
  const take = (request: IncomingMessage, response: ServerResponse) => {
    const fault = misformed(request);
    if (fault !== undefined) return send(response, refusalAnswer(MISFORMED[fault]));
    if (crossOrigin?.takes(request, response)) return;
    const target = readTarget(request);
    if (target === undefined) return send(response, refusalAnswer(MISFORMED.target));
    upstream?.expect(request);
    switch (addressee(request.method ?? '', target, own)) {
      case 'near':
        // What an upstream has there is its own.
        if (upstream === undefined) return send(response, problemAnswer(NOTHING_HERE));
        return verifier.answerCaller(request, response, target);
      case 'any-path':
        return verifier.answerCaller(request, response, target);
      case 'verify':
        return verifier.answerGateway(request, response, target);
      case 'nobody':
        return send(response, problemAnswer(NOTHING_HERE));
      case 'route':
        request.url = target;
        return route?.call(app.server, request, response);
    }
  };
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    try {
      take(request, response);
    } catch (error) {
      answerFailure(response, error, services.observer);
    }
  });
}
