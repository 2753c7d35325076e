import type { Timestamp } from '../model/time.js';

/** The only source of the present time. */
export interface Clock {
  now(): Timestamp;
}
