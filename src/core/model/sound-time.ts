import { KeywrightError } from './errors.js';
import { formatTime, type Timestamp } from './time.js';

// scripts/build.js writes the first moment of its day here. There is none where the sources run as they are.
declare const KEYWRIGHT_BUILT_ON: Timestamp | undefined;

/** Tells if a clock shows a day on which this program was not built yet: it was reset, or never set. */
export function isUnsound(now: Timestamp): boolean {
  return now < builtOn();
}

/**
 * Returns the time for something that is made now.
 * @throws KeywrightError `wrong-clock` if the clock is plainly wrong: what begins by it would have ended once it is set
 */
export function soundTime(now: Timestamp): Timestamp {
  if (!isUnsound(now)) return now;
  throw new KeywrightError('wrong-clock', wrongClock(now), { hint: 'set it first: nothing is made by it' });
}

/** Says what a plainly wrong clock shows, and why that cannot be. */
export function wrongClock(now: Timestamp): string {
  const day = formatTime(builtOn()).slice(0, 10);
  return `the clock of this machine shows ${formatTime(now)}, but this program was built on ${day}`;
}

function builtOn(): Timestamp {
  return typeof KEYWRIGHT_BUILT_ON === 'undefined' ? 0 : KEYWRIGHT_BUILT_ON;
}
