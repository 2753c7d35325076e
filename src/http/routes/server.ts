import { X509Certificate } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import { requireAdmin } from '../../core/manage/actor.js';
import { grantableScopes } from '../../core/manage/grantable-scopes.js';
import { authorityView, licenceView } from '../../core/manage/server-views.js';
import { BUILD, VERSION } from '../../core/model/build.js';
import { keyAlgorithmOf } from '../../core/model/key-algorithm.js';
import { formatTime } from '../../core/model/time.js';
import { managed } from '../api/route.js';
import { Authority, Licence, Scope, Server } from '../api/server-schemas.js';

/** What the server is. */
export const serverRoutes = [
  managed({
    route: 'GET /api/v1/authority',
    action: 'ca.show',
    summary: 'Show the certificate authority, with its certificate',
    response: Type.Composite([Authority, Type.Object({ certificate: Type.String({ description: 'PEM' }) })]),
    run: async ({ authority }) => ({ ...authorityView(authority), certificate: authority.certificate }),
  }),
  managed({
    route: 'GET /api/v1/licence',
    action: 'license.show',
    summary: 'Show how many clients the licence allows, and until when; for admins',
    response: Licence,
    async run({ actor }, { services }) {
      requireAdmin(actor);
      return licenceView(await services.licence.status());
    },
  }),
  managed({
    route: 'GET /api/v1/scopes',
    action: 'scope.list',
    summary: 'List the scopes that the caller may grant',
    response: Type.Array(Scope),
    run: async ({ actor }, { services }) => grantableScopes(actor, services.declaredScopes),
  }),
  managed({
    route: 'GET /api/v1/server',
    action: 'server.show',
    summary: 'Show the server: its version, addresses, certificates and, to admins, settings',
    response: Server,
    async run({ actor }, { services }) {
      const { startedAt, certificates, listeners, tls, settings } = await services.describe();
      return {
        ...{ build: BUILD, version: VERSION, node: process.versions.node, startedAt: formatTime(startedAt) },
        ...{ listeners, tls, serverCertificates: certificates.map(serverCertificateView) },
        settings: actor.kind === 'member' ? null : settings,
      };
    },
  }),
];

/** Makes the view of a certificate that the server presents. */
function serverCertificateView(pem: string) {
  const certificate = new X509Certificate(pem);
  const { subjectAltName = '', publicKey, fingerprint256, validFrom, validTo } = certificate;
  return {
    names: subjectAltName.split(', ').map((name) => name.slice(name.indexOf(':') + 1)),
    algorithm: keyAlgorithmOf(publicKey) ?? 'ec-p256',
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    notBefore: formatTime(Date.parse(validFrom)),
    expiresAt: formatTime(Date.parse(validTo)),
  };
}
