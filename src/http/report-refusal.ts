import type { IncomingMessage } from 'node:http';
import { readCredential } from '../core/model/presented-credential.js';
import type { Observer } from '../core/ports/observer.js';
import type { TrustedProxies } from './requests/trusted-proxies.js';
import { Refused, refusalOf, type Told, toldOf } from './responses/errors.js';

interface Reporting {
  readonly observer: Pick<Observer, 'refused' | 'failed'>;
  readonly proxies: TrustedProxies;
}

/** The request that was refused, if it is another than the one that brought the question: a gateway's. */
interface Asked {
  readonly method: string | undefined;
  readonly path: string | undefined;
}

/** Reports a refused request, after its answer: how long an explanation takes shows nothing then. */
export function reportRefusal(
  request: IncomingMessage,
  {
    told,
    status,
    asked,
  }: { readonly told: Told; readonly status: number; readonly asked?: Asked | undefined },
  { observer, proxies }: Reporting,
): void {
  const { method, path = '' } = asked ?? { method: request.method, path: request.url };
  observer.refused({
    ...{ by: 'http', what: 'request', address: proxies.addressOf(request), method, status },
    get path() {
      return shownPath(path);
    },
    ...told,
  });
}

/** Reports an error that refuses its request, or that is the server's own; others are the caller's alone. */
export function reportError(request: IncomingMessage, error: unknown, reporting: Reporting): void {
  const told = toldOf(error);
  const { status } = refusalOf(error).problem;
  if (told !== undefined) reportRefusal(request, { told, status }, reporting);
  else if (status >= 500 && !(error instanceof Refused))
    reporting.observer.failed({ part: 'http-request', error });
}

const MAX_SHOWN = 120;

// A query may hold anything, and so may a path; both may hold a secret in the wrong place.
function shownPath(target: string): string {
  const path = target.split('?', 1)[0] ?? '';
  const parts = path.split('/').map((part) => (readCredential(part).kind === 'unknown' ? part : '…'));
  return parts.join('/').slice(0, MAX_SHOWN);
}
