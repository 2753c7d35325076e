import { IDENTITY_HEADERS } from '../core/model/header-names.js';
import { fill } from './fill.js';
import { forwardAuthContract } from './forward-auth.js';
import { certifiedName, type Integration } from './integration.js';
import template from './templates/nginx.conf';

/** nginx asks by a subrequest of `auth_request`. */
export const nginx: Integration = {
  name: 'nginx',
  summary: 'nginx asks keywright with auth_request',
  configuration: (installation) => {
    const { host, protocol } = new URL(installation.httpUrl);
    const text = fill(template, installation, {
      ...{ host, scheme: protocol, certifiedName: certifiedName(installation.httpUrl) },
      readIdentity: IDENTITY_HEADERS.map(
        (name) => `auth_request_set ${variable(name)} $upstream_http_${snake(name)};`,
      ),
      setIdentity: IDENTITY_HEADERS.map((name) => `proxy_set_header ${name} ${variable(name)};`),
      dropCredentials: installation.credentialHeaders.map((name) => `proxy_set_header ${name} "";`),
    });
    return [{ name: 'keywright.conf', text }];
  },
  contract: forwardAuthContract(({ method, path }) => ({
    method: 'GET',
    path: '/verify?rate=403',
    headers: { 'x-original-method': method, 'x-original-uri': path },
  })),
};

function snake(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

function variable(name: string): string {
  return `$keywright_${snake(name).replace('x_auth_', '')}`;
}
