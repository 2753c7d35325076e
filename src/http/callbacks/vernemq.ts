import {
  allOf,
  type Call,
  type CallbackAnswer,
  type Dialect,
  MalformedCall,
  type Outcome,
  requiredText,
  textOf,
} from './dialect.js';
import type { BrokerPolicy, Decision } from './policy.js';

/**
 * VerneMQ's webhooks: one path, and the hook's name in `vernemq-hook`. Every answer is a 200. VerneMQ remembers no
 * answer without `max-age` in its Cache-Control.
 */
export const vernemq: Dialect = {
  broker: 'vernemq',
  // VerneMQ sends every message as base64, unless `no_payload` is on.
  maxBodyBytes: 1024 * 1024,
  refuse: (outcome) => refused(outcome),
  calls: { '/callbacks/vernemq': (call, policy) => hookOf(call)(call, policy) },
};

type Hook = (call: Call, policy: BrokerPolicy) => Promise<Outcome>;

const HOOKS: Readonly<Record<string, Hook>> = {
  auth_on_register: register,
  auth_on_register_m5: register,
  auth_on_publish: publish,
  auth_on_publish_m5: publish,
  // MQTT 3.1.1 section 3.9.3: 0x80; MQTT 5 section 3.9.3: 0x87.
  auth_on_subscribe: subscribe({ refusal: 0x80, grant: (topics) => ({ topics }) }),
  auth_on_subscribe_m5: subscribe({ refusal: 0x87, grant: (topics) => ({ modifiers: { topics } }) }),
};

function hookOf({ headers }: Call): Hook {
  const name = String(headers['vernemq-hook'] ?? '');
  const hook = Object.hasOwn(HOOKS, name) ? HOOKS[name] : undefined;
  if (hook === undefined) throw new MalformedCall('the header vernemq-hook is none of those answered here');
  return hook;
}

async function register({ fields, from: broker }: Call, policy: BrokerPolicy): Promise<Outcome> {
  const clientId = textOf(fields, 'client_id');
  const decision = await policy.connect({
    username: textOf(fields, 'username'),
    password: textOf(fields, 'password'),
    clientId,
    address: textOf(fields, 'peer_addr'),
    broker,
  });
  return { answer: answer(decision), decision, clientId };
}

async function publish({ fields }: Call, policy: BrokerPolicy): Promise<Outcome> {
  const client = clientOf(fields);
  const decision = await policy.use(client, { verb: 'publish', topic: requiredText(fields, 'topic') });
  return { answer: answer(decision), decision, clientId: client.clientId };
}

interface Subscription {
  readonly topic: string;
  readonly qos: unknown;
}

interface SubscribeForm {
  /** The code for a filter that is not granted. */
  readonly refusal: number;
  /** Makes the part of the answer that names the granted filters. */
  readonly grant: (topics: readonly Subscription[]) => object;
}

/** Decides on each filter. A refused filter gets the code for a refusal, so that the others are granted. */
function subscribe({ refusal, grant }: SubscribeForm): Hook {
  return async ({ fields }, policy) => {
    const client = clientOf(fields);
    const wanted = subscriptionsOf(fields);
    const uses = wanted.map(({ topic }) => policy.use(client, { verb: 'subscribe', topic }));
    const decisions = await Promise.all(uses);
    const decision = allOf(decisions);
    const { clientId } = client;
    const isMixed = decision.outcome !== 'allow' && decisions.some(({ outcome }) => outcome === 'allow');
    if (!isMixed) return { answer: answer(decision), decision, clientId };
    const topics = wanted.map((each, index) =>
      decisions[index]?.outcome === 'allow' ? each : { topic: each.topic, qos: refusal },
    );
    return { answer: json({ result: 'ok', ...grant(topics) }), decision, clientId };
  };
}

function clientOf(fields: Call['fields']) {
  return { username: textOf(fields, 'username'), clientId: requiredText(fields, 'client_id') };
}

function subscriptionsOf({ topics }: Call['fields']): readonly Subscription[] {
  if (Array.isArray(topics) && topics.length > 0 && topics.every(isSubscription)) return topics;
  throw new MalformedCall('the field topics is not a list of topics');
}

function isSubscription(each: unknown): each is Subscription {
  return typeof each === 'object' && each !== null && 'topic' in each && typeof each.topic === 'string';
}

function answer({ outcome }: Decision): CallbackAnswer {
  return outcome === 'allow' ? OK : refused(outcome);
}

function refused(outcome: 'deny' | 'unavailable'): CallbackAnswer {
  return json({ result: { error: outcome === 'deny' ? 'not_allowed' : 'unavailable' } });
}

function json(body: object): CallbackAnswer {
  return { status: 200, type: 'application/json', body: JSON.stringify(body) };
}

const OK = json({ result: 'ok' });
