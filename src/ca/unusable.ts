import { KeywrightError } from '../core/model/errors.js';

const RESTORE = 'put it back from a backup: the CA is never made anew by itself';

/** Makes the error for a CA that cannot be used. */
export function unusable(message: string, hint = RESTORE, cause?: unknown): KeywrightError {
  return new KeywrightError('ca-unusable', message, { hint, cause });
}
