import { basic, hasMembers, SECRET_PLACEHOLDER, STRANGERS_KEY, secretNote } from './broker-contract.js';
import { fill } from './fill.js';
import type { ContractStep, Integration, Probe } from './integration.js';
import template from './templates/mosquitto.conf';

/** Mosquitto with the plug-in mosquitto-go-auth (2.x, 3.x). */
export const mosquitto: Integration = {
  name: 'mosquitto',
  summary: 'Mosquitto asks by mosquitto-go-auth, over HTTP',
  configuration: (installation) => {
    const { httpUrl, callbackSecretFile } = installation;
    const { protocol, hostname, port } = new URL(httpUrl);
    const isTls = protocol === 'https:';
    const text = fill(template, installation, {
      secretNote: secretNote(callbackSecretFile),
      // The plug-in cannot set a header. Go's client makes HTTP Basic of user and password, and keeps the password out
      // of its errors.
      host: callbackSecretFile ? `keywright:${SECRET_PLACEHOLDER}@${hostname}` : hostname,
      port: port || (isTls ? '443' : '80'),
      isTls: String(isTls),
    });
    return [{ name: 'mosquitto.conf', text }];
  },
  contract: (probe) => [...connecting(probe), ...using(probe), ...misusing(probe)],
};

const ALLOWED = hasMembers(200, { Ok: true, Error: '' });
const REFUSED = hasMembers(200, { Ok: false });

interface Asked {
  readonly call: 'user' | 'superuser' | 'acl';
  readonly body: object;
  readonly secret: string | undefined;
}

function asked({ call, body, secret }: Asked): ContractStep['request'] {
  return {
    method: 'POST',
    path: `/callbacks/mosquitto/${call}?mode=json`,
    headers: { 'content-type': 'application/json', ...basic(secret) },
    body: JSON.stringify(body),
  };
}

function connecting({ clientId, apiKey, secret }: Probe): ContractStep[] {
  const user = { username: clientId, password: apiKey, clientid: clientId };
  return [
    {
      says: 'a client with its API key may connect',
      request: asked({ call: 'user', body: user, secret }),
      judge: ALLOWED,
    },
    {
      says: 'an unknown key may not',
      request: asked({ call: 'user', body: { ...user, password: STRANGERS_KEY }, secret }),
      judge: REFUSED,
    },
    {
      says: 'nobody is a superuser',
      request: asked({ call: 'superuser', body: { username: clientId }, secret }),
      judge: REFUSED,
    },
  ];
}

function using({ clientId, secret }: Probe): ContractStep[] {
  const acl = (topic: string, acc: number) =>
    asked({ call: 'acl', body: { username: clientId, clientid: clientId, topic, acc }, secret });
  return [
    { says: 'it may publish', request: acl('db/write/x', 2), judge: ALLOWED },
    { says: 'it may subscribe', request: acl('db/#', 4), judge: ALLOWED },
    { says: 'it gets what is published', request: acl('db/write/x', 1), judge: ALLOWED },
    { says: 'nobody publishes to the broker’s own topics', request: acl('$SYS/x', 2), judge: REFUSED },
    { says: 'it may not subscribe to them', request: acl('$SYS/#', 4), judge: REFUSED },
  ];
}

function misusing({ clientId, apiKey, secret }: Probe): ContractStep[] {
  const user = { username: clientId, password: apiKey, clientid: clientId };
  const steps: ContractStep[] = [
    {
      says: 'a call without its fields is refused',
      request: asked({ call: 'acl', body: {}, secret }),
      judge: REFUSED,
    },
  ];
  if (secret === undefined) return steps;
  const wrong = asked({ call: 'user', body: user, secret: `${secret}x` });
  return [...steps, { says: 'a wrong secret is refused', request: wrong, judge: REFUSED }];
}
