import type { IncomingMessage } from 'node:http';
import type { PresentedText } from '../core/model/presented-credential.js';
import type { Principal } from '../core/model/principal.js';
import { decide } from '../core/verify/decide.js';
import { explainLimit, explainRefusal, RATE_LIMITED } from '../core/verify/explain-refusal.js';
import type { Presentation, Verdict } from '../core/verify/presentation.js';
import { present } from './requests/credentials.js';
import { isOfOwnPage } from './requests/same-origin.js';
import { readSessionCookie } from './requests/session-cookie.js';
import { Refused, type Told } from './responses/errors.js';
import { CROSS_SITE, REFUSALS, type Refusal, tooMany } from './responses/problem.js';
import type { HttpServices } from './services.js';

/** A verdict, or a refusal by one of the limits, with the verdict that there would have been. */
export type Admission =
  | Verdict
  | { readonly outcome: 'limited'; readonly refusal: Refusal; readonly verdict: Verdict };

/**
 * Verifies a presentation. Counts failed attempts by address, and requests by credential. Answers at once, unless a
 * record has to be loaded first.
 */
export function admit(
  presentation: Presentation,
  from: string,
  services: HttpServices,
): Admission | Promise<Admission> {
  const verdict = decide(presentation, services.registry, services.clock);
  return verdict instanceof Promise
    ? verdict.then((decided) => count(decided, from, services))
    : count(verdict, from, services);
}

function count(verdict: Verdict, from: string, services: HttpServices): Admission | Promise<Admission> {
  const { attempts, requests, addressKey } = services;
  if (verdict.outcome === 'accepted') {
    services.observer.accepted(verdict.principal, from);
    return requests ? limited(requests.take(rateKey(verdict.principal)), verdict) : verdict;
  }
  return verdict.reason === 'invalid' ? limited(attempts.failed(addressKey(from)), verdict) : verdict;
}

// Tokens count together with the credential that they were made from, so that many tokens give no more requests.
function rateKey({ kind, id, credential }: Principal): string {
  if (credential.kind !== 'access-token') return `${kind} ${id} ${credential.id}`;
  const { origin } = credential.claims;
  return `${kind} ${id} ${origin.kind === 'session' ? origin.sessionId : origin.credentialId}`;
}

function limited(taken: number | Promise<number>, verdict: Verdict): Admission | Promise<Admission> {
  if (typeof taken !== 'number') return taken.then((waitMs) => limited(waitMs, verdict));
  return taken > 0 ? { outcome: 'limited', refusal: tooMany(taken), verdict } : verdict;
}

/** Authenticates the caller of a request. @throws Refused */
export async function principalOf(request: IncomingMessage, services: HttpServices): Promise<Principal> {
  return requirePrincipal(present(request, { ...services, takesTokens: true }), {
    from: services.proxies.addressOf(request),
    services,
  });
}

/**
 * Authenticates the caller of a request that a page of the console may make: by the cookie, if nothing else is presented.
 * @throws Refused
 */
export async function managingPrincipal(
  request: IncomingMessage,
  services: HttpServices,
): Promise<Principal> {
  const presentation = present(request, { ...services, takesTokens: true });
  const isBare = presentation.credential === undefined && presentation.certificate === undefined;
  const cookie = isBare && services.console ? readSessionCookie(request, services.proxies) : undefined;
  if (cookie === undefined) return principalOf(request, services);
  if (!isOfOwnPage(request, services.proxies)) throw new Refused(CROSS_SITE);
  const from = services.proxies.addressOf(request);
  return requirePrincipal({ ...presentation, credential: cookie }, { from, services });
}

/** Authenticates a credential from a request's body, in the domain that the request names. @throws Refused */
export function principalBy(
  credential: PresentedText,
  request: IncomingMessage,
  services: HttpServices,
): Promise<Principal> {
  const { domain } = services.headers.read(request.rawHeaders);
  return requirePrincipal({ credential, domain }, { from: services.proxies.addressOf(request), services });
}

async function requirePrincipal(
  presentation: Presentation,
  { from, services }: { readonly from: string; readonly services: HttpServices },
): Promise<Principal> {
  const admission = await admit(presentation, from, services);
  if (admission.outcome === 'accepted') return admission.principal;
  const { refusal, told } = refusalBy(admission, presentation, services);
  throw new Refused(refusal, told);
}

/** Makes the answer that refuses, and what the operator is told. */
export function refusalBy(
  admission: Exclude<Admission, { outcome: 'accepted' }>,
  presentation: Presentation,
  { registry, clock }: HttpServices,
): { readonly refusal: Refusal; readonly told: Told } {
  if (admission.outcome === 'rejected') {
    const { reason } = admission;
    const explain = () => explainRefusal({ presentation, reason, registry, now: clock.now() });
    return { refusal: REFUSALS[reason], told: { reason, explain } };
  }
  const { refusal, verdict } = admission;
  if (verdict.outcome === 'rejected') {
    const { reason } = verdict;
    const explain = () => explainLimit({ presentation, reason, registry, now: clock.now() });
    return { refusal, told: { reason: RATE_LIMITED, explain } };
  }
  const { kind, id, credential } = verdict.principal;
  const explain = () => ({
    credential: credential.kind,
    ...(kind === 'client' && { client: id, holder: id }),
    cause: `too many requests with one credential of ${kind} ${id}`,
  });
  return { refusal, told: { reason: RATE_LIMITED, explain } };
}
