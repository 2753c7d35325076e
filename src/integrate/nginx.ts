import { CREDENTIAL_HEADERS, IDENTITY_HEADERS } from '../core/model/header-names.js';
import { forwardAuthContract } from './forward-auth.js';
import { certifiedName, hostAndPort, type Integration } from './integration.js';

/** nginx asks by a subrequest of `auth_request`. */
export const nginx: Integration = {
  name: 'nginx',
  summary: 'nginx asks keywright with auth_request',
  configuration: ({ httpUrl, caFile }) => [
    {
      name: 'keywright.conf',
      text: `# Include this in http { } of nginx.conf (Debian: /etc/nginx/conf.d/keywright.conf).
upstream keywright {
    server ${hostAndPort(httpUrl)};
    keepalive 32;
}

upstream application {
    server 127.0.0.1:8080;            # what nginx stands in front of
    keepalive 32;
}

server {
    listen 127.0.0.1:8000;            # where callers come in
    # Applications behind CGI and its kin take "_" for "-".
    underscores_in_headers off;

    location = /_keywright {
        internal;
        # nginx knows 401 and 403 only: "too many" is a 403 that says so in X-Auth-Status.
        proxy_pass ${scheme(httpUrl)}keywright/verify?rate=403;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header X-Original-Method $request_method;
        proxy_set_header X-Original-URI $request_uri;
        # With --trusted-proxy for nginx's address:
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
        # What callers wrote themselves:
        proxy_set_header X-Original-URL "";
        proxy_set_header X-Forwarded-Method "";
        proxy_set_header X-Forwarded-Uri "";
        proxy_set_header X-Forwarded-Client-Cert "";
        proxy_set_header X-Forwarded-Tls-Client-Cert "";
${tls(httpUrl, caFile)}        proxy_connect_timeout 2s;
        proxy_read_timeout 5s;
    }

    location / {
        auth_request /_keywright;
${IDENTITY_HEADERS.map((name) => `        auth_request_set ${variable(name)} $upstream_http_${snake(name)};`).join('\n')}
        auth_request_set $keywright_status $upstream_http_x_auth_status;
        auth_request_set $keywright_retry $upstream_http_retry_after;
        error_page 403 = @refused;

        proxy_pass http://application;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
${IDENTITY_HEADERS.map((name) => `        proxy_set_header ${name} ${variable(name)};`).join('\n')}
        # The application needs no credentials of its callers.
${CREDENTIAL_HEADERS.map((name) => `        proxy_set_header ${name} "";`).join('\n')}
    }

    location @refused {
        if ($keywright_status = 429) {
            add_header Retry-After $keywright_retry always;
            return 429;
        }
        return 403;
    }
}
`,
    },
  ],
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

function tls(httpUrl: string, caFile: string): string {
  if (!httpUrl.startsWith('https:')) return '';
  return `        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate ${caFile};
        proxy_ssl_name ${certifiedName(httpUrl)};
`;
}

function scheme(url: string): string {
  return url.startsWith('https:') ? 'https://' : 'http://';
}
