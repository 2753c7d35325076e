import { hasMembers, SECRET_PLACEHOLDER, STRANGERS_KEY, secretNote } from './broker-contract.js';
import { fill } from './fill.js';
import type { ContractStep, Integration, Probe } from './integration.js';
import template from './templates/emqx.conf';

/** EMQX 5, by its HTTP authenticator and authorizer. */
export const emqx: Integration = {
  name: 'emqx',
  summary: 'EMQX 5 asks over HTTP who may connect, and for each topic',
  configuration: (installation) => {
    const { callbackSecretFile } = installation;
    const text = fill(template, installation, {
      secretNote: secretNote(callbackSecretFile),
      secret: callbackSecretFile && SECRET_PLACEHOLDER,
    });
    return [{ name: 'emqx.conf', text }];
  },
  contract: (probe) => [...connecting(probe), ...using(probe), ...misusing(probe)],
};

const ALLOWED = hasMembers(200, { result: 'allow' });
const REFUSED = hasMembers(200, { result: 'deny' });

interface Asked {
  readonly call: 'authn' | 'authz';
  readonly body: object;
  readonly secret: string | undefined;
}

function asked({ call, body, secret }: Asked): ContractStep['request'] {
  return {
    method: 'POST',
    path: `/callbacks/emqx/${call}`,
    headers: { 'content-type': 'application/json', ...(secret && { 'x-callback-secret': secret }) },
    body: JSON.stringify(body),
  };
}

const PEER = { peerhost: '192.0.2.10' };

function connecting({ clientId, apiKey, secret }: Probe): ContractStep[] {
  const body = { username: clientId, password: apiKey, clientid: clientId, ...PEER };
  return [
    {
      says: 'a client with its API key may connect, as no superuser',
      request: asked({ call: 'authn', body, secret }),
      judge: hasMembers(200, { result: 'allow', is_superuser: false }),
    },
    {
      says: 'an unknown key may not',
      request: asked({ call: 'authn', body: { ...body, password: STRANGERS_KEY }, secret }),
      judge: REFUSED,
    },
  ];
}

function using({ clientId, secret }: Probe): ContractStep[] {
  const about = (action: string, topic: string) =>
    asked({
      call: 'authz',
      body: { username: clientId, clientid: clientId, ...PEER, action, topic },
      secret,
    });
  return [
    { says: 'it may publish', request: about('publish', 'db/write/x'), judge: ALLOWED },
    { says: 'it may subscribe', request: about('subscribe', 'db/#'), judge: ALLOWED },
    {
      says: 'nobody publishes to the broker’s own topics',
      request: about('publish', '$SYS/x'),
      judge: REFUSED,
    },
    { says: 'it may not subscribe to them', request: about('subscribe', '$SYS/#'), judge: REFUSED },
  ];
}

function misusing({ clientId, apiKey, secret }: Probe): ContractStep[] {
  const body = { username: clientId, password: apiKey, clientid: clientId, ...PEER };
  const steps: ContractStep[] = [
    {
      says: 'a call without its fields is refused with 200: EMQX passes over a 4xx',
      request: asked({ call: 'authz', body: {}, secret }),
      judge: REFUSED,
    },
    {
      says: 'a call-back that does not exist is refused with 200',
      request: { ...asked({ call: 'authz', body, secret }), path: '/callbacks/emqx/none' },
      judge: REFUSED,
    },
  ];
  if (secret === undefined) return steps;
  const wrong = asked({ call: 'authn', body, secret: `${secret}x` });
  return [...steps, { says: 'a wrong secret is refused with 200', request: wrong, judge: REFUSED }];
}
