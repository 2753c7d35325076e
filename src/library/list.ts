import { checkDuration } from '../core/model/time.js';
import { parseUserName } from '../core/model/user.js';
import { number, text, textOf } from './given.js';

/** The readers of what a list is asked for. */
export const LIST = {
  ...{ limit: number, after: text, owner: textOf(parseUserName), label: text, state: text },
  ...{ search: text, sort: text },
  expiringWithin: textOf(checkDuration),
};
