import type { Timestamp } from './time.js';

/** When and from which address an API key was used last. */
export interface LastUse {
  readonly at: Timestamp;
  readonly from: string;
}
