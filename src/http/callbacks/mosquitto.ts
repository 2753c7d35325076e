import {
  allOf,
  type Call,
  type CallbackAnswer,
  type Dialect,
  type Fields,
  MalformedCall,
  type Outcome,
  requiredText,
  textOf,
} from './dialect.js';
import type { BrokerPolicy, Decision } from './policy.js';

/**
 * mosquitto-go-auth's HTTP backend, JSON or form. The operator chooses its response mode: `?mode=status` (default; the
 * status counts), `json` (`Ok` and `Error` in a 200) or `text` (`ok` in a 200). It takes 5xx for a failed backend: it
 * refuses, may ask again, and does not remember the answer.
 */
export const mosquitto: Dialect = {
  broker: 'mosquitto',
  maxBodyBytes: 64 * 1024,
  refuse: (outcome, query) => answer({ outcome, reason: outcome }, query),
  calls: {
    '/callbacks/mosquitto/user': async (call, policy) => {
      const { fields, from: broker } = call;
      const clientId = textOf(fields, 'clientid');
      const decision = await policy.connect({
        username: textOf(fields, 'username'),
        password: textOf(fields, 'password'),
        clientId,
        address: undefined,
        broker,
      });
      return { answer: answer(decision, call.query), decision, clientId };
    },
    // The plug-in asks nothing more about a superuser, so there are none.
    '/callbacks/mosquitto/superuser': async ({ query }) => ({
      answer: answer(NOBODY, query),
      decision: NOBODY,
      clientId: '',
    }),
    '/callbacks/mosquitto/acl': accessControl,
  },
};

const NOBODY: Decision = { outcome: 'deny', reason: 'nobody is a superuser' };

async function accessControl({ fields, query }: Call, policy: BrokerPolicy): Promise<Outcome> {
  const clientId = requiredText(fields, 'clientid');
  const client = { username: requiredText(fields, 'username'), clientId };
  const topic = requiredText(fields, 'topic');
  const uses = verbsOf(fields).map((verb) => policy.use(client, { verb, topic }));
  const decision = allOf(await Promise.all(uses));
  return { answer: answer(decision, query), decision, clientId };
}

// mosquitto_plugin.h: MOSQ_ACL_READ 1, MOSQ_ACL_WRITE 2, MOSQ_ACL_SUBSCRIBE 4; 3 is both of the first two.
const VERBS = {
  1: ['subscribe'],
  2: ['publish'],
  3: ['subscribe', 'publish'],
  4: ['subscribe'],
} as const;

function verbsOf({ acc }: Fields): (typeof VERBS)[keyof typeof VERBS] {
  const access = Number(acc);
  if (access === 1 || access === 2 || access === 3 || access === 4) return VERBS[access];
  throw new MalformedCall('the field acc is none of 1, 2, 3, 4');
}

type Said = Pick<Decision, 'outcome'> & { readonly reason?: string };

function answer({ outcome, reason = '' }: Said, query: URLSearchParams): CallbackAnswer {
  const isAllowed = outcome === 'allow';
  const mode = query.get('mode') ?? 'status';
  const refused = mode === 'status' ? 403 : 200;
  const status = outcome === 'unavailable' ? 503 : isAllowed ? 200 : refused;
  if (mode === 'text')
    return { status, type: 'text/plain; charset=utf-8', body: isAllowed ? 'ok' : `refused: ${reason}` };
  return { status, type: 'application/json', body: JSON.stringify({ Ok: isAllowed, Error: reason }) };
}
