import type { Timestamp } from './time.js';

/** The last use of an API key: its time and the address. */
export interface LastUse {
  readonly at: Timestamp;
  readonly from: string;
}
