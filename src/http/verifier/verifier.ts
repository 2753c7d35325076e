import type { IncomingMessage, ServerResponse } from 'node:http';
import { demandOf, type Target } from '../../core/verify/path-rules.js';
import type { RequestDemand } from '../../core/verify/presentation.js';
import { type Admission, admit, refusalBy } from '../admission.js';
import { reportRefusal } from '../report-refusal.js';
import { present } from '../requests/credentials.js';
import {
  answer,
  gatewayAnswer,
  OPEN_ANSWER,
  OPEN_GATEWAY_ANSWER,
  rateAsForbidden,
  refusalAnswer,
  send,
} from '../responses/answer.js';
import { answerFailure } from '../responses/errors.js';
import type { HttpServices } from '../services.js';
import { gatewaySettings, originalTarget } from './gateway.js';
import type { Upstream } from './upstream/upstream.js';

export interface VerifierOptions {
  readonly services: HttpServices;
  /** True if the operator left this listener open: it demands no credential. */
  readonly open: boolean;
  /** The upstream of accepted requests; undefined if the verifier answers them itself. */
  readonly upstream: Upstream | undefined;
}

/** Answers requests with the verdict on their credential. It does not read the body. */
export interface Verifier {
  /** Answers a caller's own request, on any path. */
  answerCaller(request: IncomingMessage, response: ServerResponse, target: string): void;
  /** Answers a gateway that asks about another request. @throws KeywrightError `invalid-input` */
  answerGateway(request: IncomingMessage, response: ServerResponse, target: string): void;
}

const NO_DEMAND: RequestDemand = { scopes: [] };

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly demand: RequestDemand | undefined;
  /** The path and query that the request is for; undefined if that is in doubt. */
  readonly path: string | undefined;
  /** The request that a gateway asks about. */
  readonly about?: Target | undefined;
}

type Tell = (admission: Admission) => void;

export function verifierOf({ services, open, upstream }: VerifierOptions): Verifier {
  const decide = ({ request, response, demand, path, about }: Asked, tell: Tell): void => {
    const from = services.proxies.addressOf(request);
    const more = services.webSocketCredentials?.read(request, path);
    const presentation = present(request, services, { demand, more });
    const admission = admit(presentation, from, services);
    const answerAndReport = (admitted: Admission) => {
      tell(admitted);
      if (admitted.outcome === 'accepted' || isLetIn(admitted, demand)) return;
      const { refusal, told } = refusalBy(admitted, presentation, services);
      reportRefusal(request, { told, status: refusal.problem.status, asked: about }, services);
    };
    if (admission instanceof Promise)
      admission.then(answerAndReport).catch((error) => answerFailure(response, error, services.observer));
    else answerAndReport(admission);
  };
  return {
    answerCaller(request, response, target) {
      const start = performance.now();
      request.url = target;
      if (open) return upstream ? upstream.pass(request, response, undefined) : send(response, OPEN_ANSWER);
      const demand = demandOf(services.pathRules, { method: request.method, path: target });
      decide({ request, response, demand, path: target }, (admission) => {
        if (admission.outcome === 'limited') return send(response, refusalAnswer(admission.refusal));
        if (isLetIn(admission, demand))
          return upstream ? upstream.pass(request, response, undefined) : send(response, OPEN_ANSWER);
        if (!upstream || admission.outcome === 'rejected')
          return send(response, answer(admission, performance.now() - start));
        upstream.pass(request, response, { principal: admission.principal, demand: demand ?? NO_DEMAND });
      });
    },
    answerGateway(request, response, target) {
      const { scope, hideRate } = gatewaySettings(target);
      if (open) return send(response, OPEN_GATEWAY_ANSWER);
      const about = originalTarget(request, target);
      const ruled = demandOf(services.pathRules, about);
      const demand =
        scope === undefined
          ? ruled
          : { ...ruled, scopes: [...(ruled?.scopes ?? []), scope], isPublic: false };
      decide({ request, response, demand, path: about.path, about }, (admission) => {
        if (isLetIn(admission, demand)) return send(response, OPEN_GATEWAY_ANSWER);
        if (admission.outcome !== 'limited') return send(response, gatewayAnswer(admission));
        const limited = refusalAnswer(admission.refusal);
        send(response, hideRate ? rateAsForbidden(limited) : limited);
      });
    },
  };
}

/** Tells if a request gets in that presents nothing. */
function isLetIn(admission: Admission, demand: RequestDemand | undefined): boolean {
  return demand?.isPublic === true && admission.outcome === 'rejected' && admission.reason === 'missing';
}
