import { basic, isText, SECRET_PLACEHOLDER, STRANGERS_KEY, secretNote } from './broker-contract.js';
import { fill } from './fill.js';
import type { ContractStep, Integration, Probe } from './integration.js';
import template from './templates/rabbitmq.conf';
import advanced from './templates/rabbitmq-advanced.conf';

/** RabbitMQ 3.10 and later, with `rabbitmq_mqtt` and `rabbitmq_auth_backend_http`. */
export const rabbitmq: Integration = {
  name: 'rabbitmq',
  summary: 'RabbitMQ asks by rabbitmq_auth_backend_http for its MQTT clients',
  // All files belong in /etc/rabbitmq.
  configuration: (installation) => {
    const { httpUrl, caFile, callbackSecretFile } = installation;
    const { protocol, host } = new URL(httpUrl);
    const secret = callbackSecretFile ? `keywright:${SECRET_PLACEHOLDER}@` : '';
    const values = {
      secretNote: secretNote(callbackSecretFile),
      callbacks: `${protocol}//${secret}${host}/callbacks/rabbitmq`,
      caText: JSON.stringify(caFile),
    };
    return [
      { name: 'enabled_plugins', text: '[rabbitmq_mqtt,rabbitmq_auth_backend_http].\n' },
      { name: 'rabbitmq.conf', text: fill(template, installation, values) },
      { name: 'advanced.config', text: fill(advanced, installation, values) },
    ];
  },
  contract: (probe) => [...connecting(probe), ...using(probe), ...misusing(probe)],
};

const ALLOWED = isText(200, 'allow');
const REFUSED = isText(200, 'deny');

interface Asked {
  readonly call: 'user' | 'vhost' | 'resource' | 'topic';
  readonly form: Readonly<Record<string, string>>;
  readonly secret: string | undefined;
}

function asked({ call, form, secret }: Asked): ContractStep['request'] {
  return {
    method: 'POST',
    path: `/callbacks/rabbitmq/${call}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...basic(secret) },
    body: new URLSearchParams(form).toString(),
  };
}

function connecting({ clientId, apiKey, secret }: Probe): ContractStep[] {
  const user = { username: clientId, password: apiKey, vhost: '/', client_id: clientId };
  const vhost = { username: clientId, vhost: '/', ip: '192.0.2.10', tags: '', client_id: clientId };
  return [
    {
      says: 'a client with its API key may connect, and has no tag',
      request: asked({ call: 'user', form: user, secret }),
      judge: ALLOWED,
    },
    { says: 'to the virtual host /', request: asked({ call: 'vhost', form: vhost, secret }), judge: ALLOWED },
    {
      says: 'and to no other',
      request: asked({ call: 'vhost', form: { ...vhost, vhost: 'other' }, secret }),
      judge: REFUSED,
    },
    {
      says: 'an unknown key may not connect',
      request: asked({ call: 'user', form: { ...user, password: STRANGERS_KEY }, secret }),
      judge: REFUSED,
    },
  ];
}

function using({ clientId, secret }: Probe): ContractStep[] {
  const client = { username: clientId, vhost: '/', tags: '' };
  const resource = (kind: string, name: string, permission: string) =>
    asked({
      call: 'resource',
      form: { ...client, resource: kind, name, permission, client_id: clientId },
      secret,
    });
  const topic = (permission: string, routingKey: string) =>
    asked({
      call: 'topic',
      form: {
        ...client,
        resource: 'topic',
        name: 'amq.topic',
        permission,
        routing_key: routingKey,
        'variable_map.client_id': clientId,
        'variable_map.username': clientId,
        'variable_map.vhost': '/',
      },
      secret,
    });
  const queue = `mqtt-subscription-${clientId}qos1`;
  return [
    {
      says: 'it has the queue of its own session',
      request: resource('queue', queue, 'configure'),
      judge: ALLOWED,
    },
    {
      says: 'and nobody else’s',
      request: resource('queue', 'mqtt-subscription-otherqos1', 'read'),
      judge: REFUSED,
    },
    {
      says: 'it may write to the exchange of MQTT',
      request: resource('exchange', 'amq.topic', 'write'),
      judge: ALLOWED,
    },
    { says: 'and to no other', request: resource('exchange', 'amq.direct', 'write'), judge: REFUSED },
    { says: 'it may publish', request: topic('write', 'db.write.x'), judge: ALLOWED },
    { says: 'it may subscribe', request: topic('read', 'db.*.#'), judge: ALLOWED },
    {
      says: 'nobody publishes to topics that begin with $',
      request: topic('write', '$SYS.x'),
      judge: REFUSED,
    },
  ];
}

function misusing({ clientId, apiKey, secret }: Probe): ContractStep[] {
  const steps: ContractStep[] = [
    {
      says: 'a call without its fields is refused',
      request: asked({ call: 'topic', form: { username: clientId }, secret }),
      judge: REFUSED,
    },
  ];
  if (secret === undefined) return steps;
  const form = { username: clientId, password: apiKey, client_id: clientId };
  const wrong = asked({ call: 'user', form, secret: `${secret}x` });
  return [...steps, { says: 'a wrong secret is refused', request: wrong, judge: REFUSED }];
}
