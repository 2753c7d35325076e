import { hasMembers, SECRET_PLACEHOLDER, STRANGERS_KEY, secretNote } from './broker-contract.js';
import { fill } from './fill.js';
import type { ContractStep, Integration, Probe } from './integration.js';
import template from './templates/vernemq.conf';

const HOOKS = ['auth_on_register', 'auth_on_publish', 'auth_on_subscribe'].flatMap((name) => [
  name,
  `${name}_m5`,
]);

/** VerneMQ, by its webhooks. */
export const vernemq: Integration = {
  name: 'vernemq',
  summary: 'VerneMQ asks by webhooks',
  configuration: (installation) => {
    const { httpUrl, callbackSecretFile } = installation;
    const query = callbackSecretFile ? `?secret=${SECRET_PLACEHOLDER}` : '';
    const hooks = HOOKS.flatMap((hook) => [
      `vmq_webhooks.${hook}.hook = ${hook}`,
      `vmq_webhooks.${hook}.endpoint = ${httpUrl}/callbacks/vernemq${query}`,
      // Keywright does not need the payload, which may be long.
      ...(hook.startsWith('auth_on_publish') ? [`vmq_webhooks.${hook}.no_payload = on`] : []),
    ]);
    const text = fill(template, installation, { secretNote: secretNote(callbackSecretFile), hooks });
    return [{ name: 'vernemq.conf', text }];
  },
  contract: (probe) => [...connecting(probe), ...using(probe), ...misusing(probe)],
};

const ALLOWED = hasMembers(200, { result: 'ok' });
const REFUSED = hasMembers(200, { result: { error: 'not_allowed' } });

interface Asked {
  readonly hook: string;
  readonly body: object;
  readonly secret: string | undefined;
}

function asked({ hook, body, secret }: Asked): ContractStep['request'] {
  return {
    method: 'POST',
    path: `/callbacks/vernemq${secret === undefined ? '' : `?secret=${secret}`}`,
    headers: { 'content-type': 'application/json', 'vernemq-hook': hook },
    body: JSON.stringify(body),
  };
}

function registering({ clientId, apiKey }: Probe) {
  return {
    peer_addr: '192.0.2.10',
    peer_port: 41_234,
    mountpoint: '',
    client_id: clientId,
    username: clientId,
    password: apiKey,
  };
}

function connecting(probe: Probe): ContractStep[] {
  const { secret } = probe;
  const body = registering(probe);
  const wrong = { ...body, password: STRANGERS_KEY };
  return [
    {
      says: 'a client with its API key may connect',
      request: asked({ hook: 'auth_on_register', body: { ...body, clean_session: true }, secret }),
      judge: ALLOWED,
    },
    {
      says: 'over MQTT 5 too',
      request: asked({
        hook: 'auth_on_register_m5',
        body: { ...body, clean_start: true, properties: { user_property: [{ key: 'YQ==', val: 'Yg==' }] } },
        secret,
      }),
      judge: ALLOWED,
    },
    {
      says: 'an unknown key may not',
      request: asked({ hook: 'auth_on_register', body: { ...wrong, clean_session: true }, secret }),
      judge: REFUSED,
    },
  ];
}

function using({ clientId, secret }: Probe): ContractStep[] {
  const client = { username: clientId, mountpoint: '', client_id: clientId };
  const message = (topic: string) => ({ ...client, qos: 1, topic, payload: 'aGVsbG8=', retain: false });
  const filters = (...topics: string[]) => ({
    ...client,
    topics: topics.map((topic) => ({ topic, qos: 1 })),
  });
  return [
    {
      says: 'it may publish',
      request: asked({ hook: 'auth_on_publish', body: message('db/write/x'), secret }),
      judge: ALLOWED,
    },
    {
      says: 'nobody publishes to the broker’s own topics',
      request: asked({ hook: 'auth_on_publish_m5', body: { ...message('$SYS/x'), properties: {} }, secret }),
      judge: REFUSED,
    },
    {
      says: 'it may subscribe',
      request: asked({ hook: 'auth_on_subscribe', body: filters('db/#'), secret }),
      judge: ALLOWED,
    },
    {
      says: 'of several filters each gets its own answer',
      request: asked({ hook: 'auth_on_subscribe', body: filters('db/#', '$SYS/#'), secret }),
      judge: hasMembers(200, {
        result: 'ok',
        topics: [
          { topic: 'db/#', qos: 1 },
          { topic: '$SYS/#', qos: 128 },
        ],
      }),
    },
  ];
}

function misusing(probe: Probe): ContractStep[] {
  const { secret } = probe;
  const steps: ContractStep[] = [
    {
      says: 'a hook that is none of these is refused',
      request: asked({ hook: 'on_auth_m5', body: registering(probe), secret }),
      judge: REFUSED,
    },
  ];
  if (secret === undefined) return steps;
  const wrong = asked({ hook: 'auth_on_register', body: registering(probe), secret: `${secret}x` });
  return [...steps, { says: 'a wrong secret is refused with 200', request: wrong, judge: REFUSED }];
}
