import type { Clock } from '../ports/clock.js';
import type { Limiter } from '../ports/limiter.js';
import type { Presentation, Rejection, Verdict } from './presentation.js';
import type { Registry } from './prove.js';
import { verify, verifyPrepared } from './verify.js';

/** What MQTT's CONNECT demands of who makes it. */
export const CONNECT_DEMAND = { connect: true } as const;

export interface ConnectVerifier {
  readonly registry: Registry;
  readonly clock: Clock;
  /** Failed attempts; undefined for no limit. */
  readonly failures: Limiter | undefined;
  /** By what they are counted. */
  readonly countAs: string;
}

/** A verdict on a CONNECT, or that there were too many wrong ones; the reason is missing where it was not looked into any more. */
export type ConnectVerdict = Verdict | { readonly outcome: 'limited'; readonly reason?: Rejection };

/** Decides on what a CONNECT presents, and counts failed attempts: never before what is known to hold. */
export async function verifyConnect(
  presentation: Presentation,
  { registry, clock, failures, countAs }: ConnectVerifier,
): Promise<ConnectVerdict> {
  const presented = { ...presentation, demand: CONNECT_DEMAND };
  // Checking a password costs: that is counted before, unless it is known to be right. An API key is not guessed.
  const isUnproved =
    presentation.password !== undefined && verify(presented, registry, clock.now()).outcome === 'rejected';
  const waitMs = isUnproved ? ((await failures?.take(countAs)) ?? 0) : 0;
  if (waitMs > 0) return { outcome: 'limited' };
  const verdict = await verifyPrepared(presented, registry, clock);
  if (verdict.outcome === 'accepted') {
    if (isUnproved) await failures?.giveBack(countAs);
    return verdict;
  }
  // Who holds a credential gets in, whatever others at the same address have tried.
  const isGuess = verdict.reason === 'invalid' && !isUnproved;
  const isTooMany = isGuess && ((await failures?.take(countAs)) ?? 0) > 0;
  return isTooMany ? { outcome: 'limited', reason: verdict.reason } : verdict;
}
