import { IDENTITY_HEADERS } from '../core/model/header-names.js';
import { fill } from './fill.js';
import { forwardAuthContract } from './forward-auth.js';
import type { Integration } from './integration.js';
import template from './templates/traefik.conf';

// The client certificate that passTLSClientCert names, and what WebSockets present (`web-socket-credentials`).
const OF_CONNECTIONS = ['X-Forwarded-Tls-Client-Cert', 'Sec-WebSocket-Key', 'Sec-WebSocket-Protocol'];

/** Traefik asks by its forwardAuth middleware. */
export const traefik: Integration = {
  name: 'traefik',
  summary: 'Traefik asks keywright with the forwardAuth middleware',
  configuration: (installation) => [
    {
      name: 'keywright.yaml',
      text: fill(template, installation, {
        asked: [...installation.credentialHeaders, 'Domain', ...OF_CONNECTIONS].map((name) => `- ${name}`),
        taken: IDENTITY_HEADERS.map((name) => `- ${name}`),
        aliases: IDENTITY_HEADERS.map((name) => `${name.replaceAll('-', '_')}: ""`),
        credentials: installation.credentialHeaders.map((name) => `${name}: ""`),
      }),
    },
  ],
  contract: forwardAuthContract(({ method, path }) => ({
    method: 'GET',
    path: '/verify',
    headers: {
      'x-forwarded-method': method,
      'x-forwarded-uri': path,
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'localhost',
      'x-forwarded-for': '192.0.2.1',
    },
  })),
};
