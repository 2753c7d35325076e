import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import { type GivenValues, text } from './sources.js';

/**
 * Finds the home: the given one, `KEYWRIGHT_HOME`, or `keywright` in the XDG data directory.
 * @throws KeywrightError `invalid-input` if its name is empty
 */
export function homeDirectory(told: string | undefined, environment: GivenValues): string {
  const named = told ?? text(environment.KEYWRIGHT_HOME);
  // An empty variable in a script must not choose another keystore.
  if (named === '')
    throw new KeywrightError('invalid-input', 'the home is named by an empty text', {
      hint: 'check --home and KEYWRIGHT_HOME',
    });
  if (named !== undefined) return resolve(named);
  const data = text(environment.XDG_DATA_HOME);
  return join(data ? resolve(data) : join(homedir(), '.local', 'share'), 'keywright');
}
