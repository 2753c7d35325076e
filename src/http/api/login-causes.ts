import { parseRefreshToken } from '../../core/model/session.js';
import { formatTime } from '../../core/model/time.js';
import { RATE_LIMITED } from '../../core/verify/explain-refusal.js';
import type { Told } from '../responses/errors.js';
import type { HttpServices } from '../services.js';

/** What the operator is told of too many wrong attempts. */
export const TOO_MANY_TOLD: Told = {
  reason: RATE_LIMITED,
  explain: () => ({ cause: 'too many refused attempts before this one' }),
};

/** What the operator is told of a refused login. A name that nobody has is not repeated: it may be a password. */
export function loginTold(
  reason: 'invalid' | 'wrong-domain' | 'insufficient-scope',
  name: string,
  { registry }: HttpServices,
): Told {
  const cause = () => {
    const user = registry.userById(name.toLowerCase()) ?? registry.userByEmail(name.toLowerCase());
    if (user === undefined) return 'no user has that name or e-mail address';
    if (reason === 'wrong-domain') return `user ${user.id} does not belong to that domain`;
    if (reason === 'insufficient-scope')
      return `user ${user.id} does not have the scopes that were asked for`;
    return user.disabledAt === null
      ? `the password is not that of user ${user.id}`
      : `user ${user.id} was disabled at ${formatTime(user.disabledAt)}`;
  };
  return { reason, explain: () => ({ credential: 'password', cause: cause() }) };
}

/** What the operator is told of a refresh token that does not work. */
export function refreshTold(token: string, { registry }: HttpServices): Told {
  const cause = () => {
    const parsed = parseRefreshToken(token);
    if (parsed === undefined) return 'what was presented does not have the form of a refresh token';
    const session = registry.sessionById(parsed.sessionId);
    if (session === undefined) return 'its session is over, or never was';
    const whose = `of user ${session.userId}`;
    if (session.revokedAt !== null)
      return `the session ${whose} was ended at ${formatTime(session.revokedAt)}`;
    if (parsed.generation < session.generation) return `the refresh token ${whose} was used before`;
    return `the refresh token is not the one that the session ${whose} has, or that user may not sign in any more`;
  };
  return { reason: 'invalid', explain: () => ({ credential: 'refresh-token', cause: cause() }) };
}
