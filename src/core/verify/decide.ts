import type { Clock } from '../ports/clock.js';
import { loaderFor } from './load.js';
import type { Presentation, Verdict } from './presentation.js';
import type { Registry } from './registry.js';
import { UNAVAILABLE, verify } from './verify.js';

/** Loads, then verifies once. The verdict is there at once if nothing has to be loaded. It never throws, nor does its promise. */
export function decide(
  presentation: Presentation,
  registry: Registry,
  clock: Clock,
): Verdict | Promise<Verdict> {
  const begun = beginDecision(presentation, registry, clock);
  return typeof begun === 'function' ? begun() : begun;
}

/** The verdict, or the work that leads to it and has not begun yet. */
export function beginDecision(
  presentation: Presentation,
  registry: Registry,
  clock: Clock,
): Verdict | (() => Promise<Verdict>) {
  try {
    const load = loaderFor(presentation, registry);
    if (load === undefined) return verify(presentation, registry, clock.now());
    return () =>
      load().then(
        () => verify(presentation, registry, clock.now()),
        () => UNAVAILABLE,
      );
  } catch {
    return UNAVAILABLE;
  }
}
