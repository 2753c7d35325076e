import { IDENTITY_HEADERS } from '../core/model/header-names.js';
import { fill } from './fill.js';
import { forwardAuthContract } from './forward-auth.js';
import { certifiedName, type Integration } from './integration.js';
import template from './templates/haproxy.conf';
import lua from './templates/haproxy-lua.conf';

/** HAProxy asks from Lua, with its own HTTP client. */
export const haproxy: Integration = {
  name: 'haproxy',
  summary: 'HAProxy (2.5 or later, with Lua) asks keywright from a Lua action',
  configuration: (installation) => [
    {
      name: 'haproxy.cfg',
      text: fill(template, installation, {
        dropCredentials: installation.credentialHeaders.map((name) => `http-request del-header ${name}`),
      }),
    },
    {
      name: 'keywright.lua',
      text: fill(lua, installation, {
        identity: IDENTITY_HEADERS.map((name) => `"${name.toLowerCase()}"`).join(', '),
        certifiedName: certifiedName(installation.httpUrl),
      }),
    },
  ],
  contract: forwardAuthContract(({ method, path }) => ({
    method: 'GET',
    path: '/verify',
    headers: { 'x-original-method': method, 'x-original-uri': path },
  })),
};
