import {
  type Call,
  type CallbackAnswer,
  type Dialect,
  type Outcome,
  oneOf,
  requiredText,
  textOf,
} from './dialect.js';
import type { BrokerPolicy, Decision } from './policy.js';

/**
 * RabbitMQ's `rabbitmq_auth_backend_http` under `rabbitmq_mqtt`. It asks by form or query. The answer is the bare word
 * `allow` or `deny` (3.10 compares the whole body). Tags would make an administrator, so there are none. It takes any
 * status but 200 for a failed backend, and refuses.
 */
export const rabbitmq: Dialect = {
  broker: 'rabbitmq',
  maxBodyBytes: 64 * 1024,
  refuse: (outcome) => answer(outcome),
  calls: {
    '/callbacks/rabbitmq/user': async ({ fields, from: broker }, policy) => {
      const clientId = textOf(fields, 'client_id');
      const decision = await policy.connect({
        username: requiredText(fields, 'username'),
        password: textOf(fields, 'password'),
        clientId,
        address: undefined,
        broker,
      });
      return { answer: answer(decision.outcome), decision, clientId };
    },
    '/callbacks/rabbitmq/vhost': async (call, policy) => {
      const vhost = requiredText(call.fields, 'vhost');
      const allowed = (call.query.get('vhosts') ?? '/').split(',');
      return said(call, () =>
        allowed.includes(vhost)
          ? policy.isConnected({ ...clientOf(call), address: textOf(call.fields, 'ip') })
          : Promise.resolve(OTHER_VHOST),
      );
    },
    '/callbacks/rabbitmq/resource': async (call, policy) =>
      said(call, () =>
        isOwnResource(call) ? policy.isConnected(clientOf(call)) : Promise.resolve(OTHER_RESOURCE),
      ),
    '/callbacks/rabbitmq/topic': async (call, policy) => said(call, () => topic(call, policy)),
  },
};

const OTHER_VHOST: Decision = { outcome: 'deny', reason: 'MQTT clients have nothing in that virtual host' };
const OTHER_RESOURCE: Decision = { outcome: 'deny', reason: 'MQTT clients have nothing there' };

function topic({ fields, ...call }: Call, policy: BrokerPolicy): Promise<Decision> {
  const verb = oneOf(fields, 'permission', ['write', 'read']) === 'write' ? 'publish' : 'subscribe';
  const key = requiredText(fields, 'routing_key');
  if (textOf(fields, 'name') !== MQTT_EXCHANGE) return Promise.resolve(OTHER_RESOURCE);
  return policy.use(clientOf({ fields, ...call }), { verb, topic: mqttTopic(key) });
}

const MQTT_EXCHANGE = 'amq.topic';

/**
 * Does what rabbit_mqtt_util:to_mqtt/1 does, without Sparkplug. RabbitMQ writes a topic's `/` as `.` and its `+` as
 * `*`, so an original `.` or `*` cannot be told apart from these.
 */
function mqttTopic(routingKey: string): string {
  return routingKey.replaceAll('*', '+').replaceAll('.', '/');
}

/**
 * Tells if a resource is the exchange of all MQTT messages, or a queue of the client's own sessions
 * (rabbit_mqtt_util:queue_names/1; from 3.13 also of a will that is delayed).
 */
function isOwnResource({ fields }: Call): boolean {
  const resource = requiredText(fields, 'resource');
  const name = requiredText(fields, 'name');
  const permission = oneOf(fields, 'permission', ['configure', 'write', 'read']);
  if (resource === 'exchange') return name === MQTT_EXCHANGE && permission !== 'configure';
  const clientId = textOf(fields, 'client_id');
  const own = [
    `mqtt-subscription-${clientId}qos0`,
    `mqtt-subscription-${clientId}qos1`,
    `mqtt-will-${clientId}`,
  ];
  return resource === 'queue' && clientId !== '' && own.includes(name);
}

function clientOf({ fields }: Call) {
  const clientId = textOf(fields, 'client_id') || textOf(fields, 'variable_map.client_id');
  return { username: requiredText(fields, 'username'), clientId: clientId || undefined };
}

async function said(call: Call, decide: () => Promise<Decision>): Promise<Outcome> {
  const decision = await decide();
  return { answer: answer(decision.outcome), decision, clientId: clientOf(call).clientId ?? '' };
}

function answer(outcome: Decision['outcome']): CallbackAnswer {
  return {
    status: outcome === 'unavailable' ? 503 : 200,
    type: 'text/plain; charset=utf-8',
    body: outcome === 'allow' ? 'allow' : 'deny',
  };
}
