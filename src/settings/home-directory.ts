import { userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import { readTable, variableOf } from './setting.js';
import { type GivenValues, text } from './sources.js';
import { FOR_THE_HOME } from './table.js';

/**
 * Finds the home: the given one, `KEYWRIGHT_HOME`, or `keywright` in the XDG data directory.
 * @throws KeywrightError `invalid-input` if its name is empty, or if nothing names it and the user has no directory
 */
export function homeDirectory(told: string | undefined, environment: GivenValues): string {
  const named = told ?? text(environment.KEYWRIGHT_HOME);
  // An empty variable in a script must not choose another keystore.
  if (named === '')
    throw new KeywrightError('invalid-input', 'the home is named by an empty text', {
      hint: 'check --home and KEYWRIGHT_HOME',
    });
  if (named !== undefined) return resolve(named);
  // The XDG specification ignores relative paths: the home must not depend on where a command is run.
  const data = text(environment.XDG_DATA_HOME) ?? '';
  return join(isAbsolute(data) ? data : join(userDirectory(environment), '.local', 'share'), 'keywright');
}

/**
 * Reads which group may open the home beside its owner. Only a variable says so, as the file with the settings is in the home.
 * @throws KeywrightError `invalid-input`
 */
export function homeGroup(environment: GivenValues): number | undefined {
  return readTable(FOR_THE_HOME, (name, setting) => {
    const variable = variableOf(name, setting);
    const given = text(environment[variable]);
    return given === undefined ? undefined : { source: variable, texts: [given] };
  }).homeGroup;
}

function userDirectory(environment: GivenValues): string {
  for (const directory of [text(environment.HOME), systemDirectory()])
    if (directory !== undefined && isAbsolute(directory)) return directory;
  throw new KeywrightError('invalid-input', 'nothing says where the home is, and the user has no directory', {
    hint: 'name it with --home or KEYWRIGHT_HOME, or set HOME',
  });
}

function systemDirectory(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    // The system may not know a container's user.
    return undefined;
  }
}
