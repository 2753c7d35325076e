import type { Principal } from '../../core/model/principal.js';
import { coversVerb } from '../../core/model/scope.js';
import { NEVER } from '../../core/model/time.js';
import { type CallbackAnswer, type Dialect, oneOf, requiredText, textOf } from './dialect.js';
import type { Decision } from './policy.js';

/**
 * EMQX 5's HTTP authenticator and authorizer. Every answer is a 200 with `allow` or `deny`. EMQX ignores any other
 * status, and `ignore`: the next entry of its list may then allow.
 */
export const emqx: Dialect = {
  broker: 'emqx',
  maxBodyBytes: 64 * 1024,
  refuse: () => DENY,
  calls: {
    '/callbacks/emqx/authn': async ({ fields, from: broker }, policy) => {
      const clientId = textOf(fields, 'clientid');
      const decision = await policy.connect({
        username: textOf(fields, 'username'),
        password: textOf(fields, 'password'),
        clientId,
        address: textOf(fields, 'peerhost'),
        broker,
      });
      return { answer: authenticated(decision), decision, clientId };
    },
    '/callbacks/emqx/authz': async ({ fields }, policy) => {
      const clientId = requiredText(fields, 'clientid');
      const verb = oneOf(fields, 'action', ['publish', 'subscribe']);
      const client = { username: textOf(fields, 'username'), clientId };
      const decision = await policy.use(client, { verb, topic: requiredText(fields, 'topic') });
      return { answer: decision.outcome === 'allow' ? json({ result: 'allow' }) : DENY, decision, clientId };
    },
  },
};

function authenticated(decision: Decision): CallbackAnswer {
  if (decision.outcome !== 'allow') return DENY;
  const [principal] = decision.principals;
  if (principal === undefined) return DENY;
  const { expiresAt } = principal;
  return json({
    result: 'allow',
    is_superuser: false,
    // The time in seconds. EMQX ends the session then.
    ...(expiresAt < NEVER && { expire_at: Math.floor(expiresAt / 1000) }),
    acl: refusals(principal),
  });
}

/**
 * Makes the rules that refuse at once. There are no rules that allow: EMQX would not ask again, so such a rule would
 * outlast a revocation. EMQX also takes the filter `a/#` for one that `a/+` covers.
 */
function refusals({ scopes }: Principal): readonly object[] {
  const closed = (['publish', 'subscribe'] as const).filter((verb) => !coversVerb(scopes, verb));
  return [
    { permission: 'deny', action: 'publish', topic: '$SYS/#' },
    ...closed.map((action) => ({ permission: 'deny', action, topic: '#' })),
  ];
}

function json(body: object): CallbackAnswer {
  return { status: 200, type: 'application/json', body: JSON.stringify(body) };
}

const DENY = json({ result: 'deny' });
