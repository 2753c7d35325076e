import { isIP } from 'node:net';
import { CREDENTIAL_HEADERS, IDENTITY_HEADERS } from '../core/model/header-names.js';
import { forwardAuthContract } from './forward-auth.js';
import type { Integration } from './integration.js';

const tls = (name: string, caFile: string) => `      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          sni: "${name}"
          common_tls_context:
            validation_context: { trusted_ca: { filename: "${caFile}" } }
`;

const exact = (names: readonly string[], indent: string) =>
  names.map((name) => `${indent}- exact: ${name.toLowerCase()}`).join('\n');

/** Envoy asks by its ext_authz filter, with the original method, and the original path below `/verify`. */
export const envoy: Integration = {
  name: 'envoy',
  summary: 'Envoy asks keywright with ext_authz over HTTP',
  configuration: ({ httpUrl, caFile }) => {
    const { hostname, port, protocol } = new URL(httpUrl);
    const address = hostname.replace(/^\[|\]$/g, '');
    return [
      {
        name: 'envoy.yaml',
        text: `static_resources:
  listeners:
    - name: callers
      address: { socket_address: { address: 127.0.0.1, port_value: 8000 } } # where callers come in
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: callers
                # Applications behind CGI and its kin take "_" for "-".
                common_http_protocol_options: { headers_with_underscores_action: REJECT_REQUEST }
                normalize_path: true
                merge_slashes: true
                path_with_escaped_slashes_action: REJECT_REQUEST
                # With mTLS and --trusted-proxy for Envoy's address: SANITIZE_SET, and cert: true.
                forward_client_cert_details: SANITIZE
                route_config:
                  virtual_hosts:
                    - name: application
                      domains: ["*"]
                      request_headers_to_remove: [${CREDENTIAL_HEADERS.map((name) => name.toLowerCase()).join(', ')}]
                      routes:
                        - match: { prefix: "/" }
                          route: { cluster: application }
                http_filters:
                  - name: envoy.filters.http.ext_authz
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
                      # Nobody gets in while keywright does not answer.
                      failure_mode_allow: false
                      http_service:
                        server_uri: { uri: "${httpUrl}", cluster: keywright, timeout: 2s }
                        path_prefix: /verify
                        authorization_response:
                          # All of these are in every answer: none of a caller's own stays.
                          allowed_upstream_headers:
                            patterns:
${exact(IDENTITY_HEADERS, '                              ')}
                          allowed_client_headers:
                            patterns:
${exact(['WWW-Authenticate', 'Retry-After', 'Content-Type'], '                              ')}
                      allowed_headers:
                        patterns:
${exact([...CREDENTIAL_HEADERS, 'Domain', 'X-Forwarded-For', 'X-Forwarded-Client-Cert'], '                          ')}
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: keywright
      type: ${isIP(address) === 0 ? 'STRICT_DNS' : 'STATIC'}
      connect_timeout: 2s
${protocol === 'https:' ? tls(address, caFile) : ''}      load_assignment:
        cluster_name: keywright
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: "${address}", port_value: ${port || (protocol === 'https:' ? 443 : 80)} } } } }] }]
    - name: application
      connect_timeout: 2s
      load_assignment:
        cluster_name: application
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 8080 } } } }] }]
`,
      },
    ];
  },
  contract: forwardAuthContract(({ method, path }) => ({ method, path: `/verify${path}`, headers: {} })),
};
