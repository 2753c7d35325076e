import type { Clock } from '../ports/clock.js';
import { type Attempts, passwordsBy } from './attempts.js';
import { beginDecision } from './decide.js';
import type { Presentation, Rejection, Verdict } from './presentation.js';
import type { Registry } from './registry.js';

export interface ConnectVerifier {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly attempts: Attempts;
  /** The key that failed attempts are counted by. */
  readonly countAs: string;
}

/** A verdict on a CONNECT, or that there were too many wrong ones; the reason is missing if it was not looked into any more. */
export type ConnectVerdict = Verdict | { readonly outcome: 'limited'; readonly reason?: Rejection };

/** Decides on a CONNECT once, and counts failed attempts. */
export function verifyConnect(
  presentation: Presentation,
  { registry, clock, attempts, countAs }: ConnectVerifier,
): ConnectVerdict | Promise<ConnectVerdict> {
  const begun = beginDecision(presentation, registry, clock);
  if (typeof begun !== 'function') return counted(begun, attempts, countAs);
  // Nobody guesses the signature of an access token.
  return presentation.credential?.kind === 'access-token'
    ? begun().then((verdict) => counted(verdict, attempts, countAs))
    : checkPassword(begun, attempts, countAs);
}

function counted(
  verdict: Verdict,
  attempts: Attempts,
  countAs: string,
): ConnectVerdict | Promise<ConnectVerdict> {
  if (verdict.outcome === 'accepted' || verdict.reason !== 'invalid') return verdict;
  const { reason } = verdict;
  const waitMs = attempts.failed(countAs);
  const limited = (wait: number): ConnectVerdict => (wait > 0 ? { outcome: 'limited', reason } : verdict);
  return typeof waitMs === 'number' ? limited(waitMs) : waitMs.then(limited);
}

async function checkPassword(
  check: () => Promise<Verdict>,
  attempts: Attempts,
  countAs: string,
): Promise<ConnectVerdict> {
  const checked = await attempts.costly({
    by: passwordsBy(countAs),
    failsAs: countAs,
    check,
    isRight: isPasswordRight,
  });
  return checked.outcome === 'limited' ? { outcome: 'limited' } : checked.result;
}

function isPasswordRight(verdict: Verdict): boolean {
  return verdict.outcome === 'accepted' || (verdict.reason !== 'invalid' && verdict.reason !== 'unavailable');
}
