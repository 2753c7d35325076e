import { IDENTITY_HEADERS } from '../core/model/header-names.js';
import { fill } from './fill.js';
import { forwardAuthContract } from './forward-auth.js';
import type { Integration } from './integration.js';
import template from './templates/caddy.conf';

/** Caddy asks by `forward_auth`. */
export const caddy: Integration = {
  name: 'caddy',
  summary: 'Caddy asks keywright with forward_auth',
  configuration: (installation) => [
    {
      name: 'Caddyfile',
      text: fill(template, installation, {
        identity: IDENTITY_HEADERS.join(' '),
        setIdentity: IDENTITY_HEADERS.map((name) => `header_up ${name} {http.request.header.${name}}`),
        dropCredentials: installation.credentialHeaders.map((name) => `header_up -${name}`),
      }),
    },
  ],
  contract: forwardAuthContract(({ method, path }) => ({
    method: 'GET',
    path: '/verify',
    headers: { 'x-forwarded-method': method, 'x-forwarded-uri': path, 'x-forwarded-proto': 'http' },
  })),
};
