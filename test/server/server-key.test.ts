import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { sharedByTests } from '../support/at-end.js';
import { type Server, serve, workshop } from '../support/keywright.js';

const TLS = [
  '--http',
  'https://127.0.0.1:0',
  '--mqtt',
  'mqtts://127.0.0.1:0',
  '--mqtt-client-certificate',
  'optional',
];
const KNOWS = { ec: 'ECDHE-ECDSA-AES128-GCM-SHA256', rsa: 'ECDHE-RSA-AES128-GCM-SHA256' };

/** The kinds of keys that a client may know alone and get in with; by what the CA's exported certificate verifies. */
async function kindsOf(port: number, ca: string): Promise<string[]> {
  const got: string[] = [];
  for (const [kind, ciphers] of Object.entries(KNOWS)) {
    const options = { port, ca, servername: 'localhost', maxVersion: 'TLSv1.2', ciphers } as const;
    const isIn = await new Promise((resolve) => {
      const socket = connect(options, () => {
        resolve(socket.authorized);
        socket.destroy();
      });
      socket.once('error', () => resolve(false));
    });
    if (isIn) got.push(kind);
  }
  return got;
}

const portsOf = ({ http, mqttPort }: Server) => [Number(new URL(http).port), mqttPort];

describe.each([
  ['ec-p256', 'ec-p256', ['ec']],
  ['ec-p256', 'rsa-2048', ['rsa']],
  ['ec-p256', 'rsa-2048, ec-p256', ['ec', 'rsa']],
  ['ec-p256', undefined, ['ec']],
  ['rsa-2048', undefined, ['ec', 'rsa']],
  ['rsa-2048', 'ec-p256', ['ec']],
])('under a CA of %s, with server-key %s', (algorithm, setting, kinds) => {
  const shared = sharedByTests(async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init', '--algorithm', algorithm]);
    const ca = (await shop.keywright(['server-cert'])).stdout;
    const server = await serve(shop, TLS, setting === undefined ? {} : { KEYWRIGHT_SERVER_KEY: setting });
    return { server, ca };
  });

  it(`clients get in over HTTPS and MQTTS that know ${kinds.join(' or ')} alone`, async () => {
    const { server, ca } = shared();
    for (const port of portsOf(server)) expect(await kindsOf(port, ca)).toEqual(kinds);
  });
});
