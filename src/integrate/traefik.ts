import { CREDENTIAL_HEADERS, IDENTITY_HEADERS } from '../core/model/header-names.js';
import { forwardAuthContract } from './forward-auth.js';
import type { Integration } from './integration.js';

/** Traefik asks by its forwardAuth middleware. */
export const traefik: Integration = {
  name: 'traefik',
  summary: 'Traefik asks keywright with the forwardAuth middleware',
  configuration: ({ httpUrl, caFile }) => [
    {
      name: 'keywright.yaml',
      text: `# A file of Traefik's file provider (providers.file.directory).
http:
  routers:
    application:
      rule: PathPrefix(\`/\`)
      entryPoints: [web]
      middlewares: [keywright, without-credentials]
      service: application
  middlewares:
    keywright:
      forwardAuth:
        address: ${httpUrl}/verify
${httpUrl.startsWith('https:') ? `        tls:\n          ca: ${caFile}\n` : ''}        # Traefik says X-Forwarded-Method and -Uri itself, whatever a caller wrote into them.
        trustForwardHeader: false
        # Each of these is taken from the answer, and a caller's own is removed.
        authResponseHeaders:
${IDENTITY_HEADERS.map((name) => `          - ${name}`).join('\n')}
    without-credentials:
      headers:
        customRequestHeaders:
          # Applications behind CGI and its kin take "_" for "-".
${IDENTITY_HEADERS.map((name) => `          ${name.replaceAll('-', '_')}: ""`).join('\n')}
${CREDENTIAL_HEADERS.map((name) => `          ${name}: ""`).join('\n')}
  services:
    application:
      loadBalancer:
        servers:
          - url: http://127.0.0.1:8080 # what Traefik stands in front of
`,
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
