import { CREDENTIAL_HEADERS, IDENTITY_HEADERS } from '../core/model/header-names.js';
import { forwardAuthContract } from './forward-auth.js';
import type { Integration } from './integration.js';

/** Caddy asks by `forward_auth`. */
export const caddy: Integration = {
  name: 'caddy',
  summary: 'Caddy asks keywright with forward_auth',
  configuration: ({ httpUrl, caFile }) => [
    {
      name: 'Caddyfile',
      text: `# Callers come in here; a host name instead of ":8000" gets a certificate of its own.
http://:8000 {
	bind 127.0.0.1
	route {
		# Applications behind CGI and its kin take "_" for "-".
		request_header -X-Auth*
		request_header -X_Auth*
		forward_auth ${httpUrl} {
			# With the question mark: without it Caddy adds the caller's own query.
			uri /verify?
			copy_headers ${IDENTITY_HEADERS.join(' ')}
			# What callers wrote themselves: Caddy says it in X-Forwarded-Method and X-Forwarded-Uri.
			header_up -X-Original-Method
			header_up -X-Original-URI
			header_up -X-Original-URL
			header_up -X-Forwarded-Client-Cert
			header_up -X-Forwarded-Tls-Client-Cert
			# With client_auth in tls, and --trusted-proxy for Caddy's address: X-SSL-Client-Cert {tls_client_certificate_der_base64}
			header_up -X-SSL-Client-Cert
${httpUrl.startsWith('https:') ? `\t\t\ttransport http {\n\t\t\t\ttls_trusted_ca_certs ${caFile}\n\t\t\t}\n` : ''}\t\t}
		# What Caddy stands in front of.
		reverse_proxy 127.0.0.1:8080 {
			# Once more: a caller's own Connection header could have Caddy drop them here.
${IDENTITY_HEADERS.map((name) => `\t\t\theader_up ${name} {http.request.header.${name}}`).join('\n')}
${CREDENTIAL_HEADERS.map((name) => `\t\t\theader_up -${name}`).join('\n')}
		}
	}
}
`,
    },
  ],
  contract: forwardAuthContract(({ method, path }) => ({
    method: 'GET',
    path: '/verify',
    headers: { 'x-forwarded-method': method, 'x-forwarded-uri': path, 'x-forwarded-proto': 'http' },
  })),
};
