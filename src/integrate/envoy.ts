import { isIP } from 'node:net';
import { IDENTITY_HEADERS } from '../core/model/header-names.js';
import { fill } from './fill.js';
import { forwardAuthContract } from './forward-auth.js';
import type { Integration } from './integration.js';
import template from './templates/envoy.conf';

const exact = (names: readonly string[]) => names.map((name) => `- exact: ${name.toLowerCase()}`);

/** Envoy asks by its ext_authz filter. It sends the original method, and the original path below `/verify`. */
export const envoy: Integration = {
  name: 'envoy',
  summary: 'Envoy asks keywright with ext_authz over HTTP',
  configuration: (installation) => {
    const { hostname, port, protocol } = new URL(installation.httpUrl);
    const address = hostname.replace(/^\[|\]$/g, '');
    const text = fill(template, installation, {
      address,
      port: port || (protocol === 'https:' ? '443' : '80'),
      discovery: isIP(address) === 0 ? 'STRICT_DNS' : 'STATIC',
      credentials: installation.credentialHeaders.map((name) => name.toLowerCase()).join(', '),
      toApplication: exact(IDENTITY_HEADERS),
      toCaller: exact(['WWW-Authenticate', 'Retry-After', 'Content-Type']),
      toKeywright: exact([
        ...installation.credentialHeaders,
        'Domain',
        'X-Forwarded-For',
        'X-Forwarded-Client-Cert',
      ]),
    });
    return [{ name: 'envoy.yaml', text }];
  },
  contract: forwardAuthContract(({ method, path }) => ({ method, path: `/verify${path}`, headers: {} })),
};
