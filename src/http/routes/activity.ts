import { X509Certificate } from 'node:crypto';
import { Readable } from 'node:stream';
import { Type } from '@sinclair/typebox';
import { listConnections } from '../../core/manage/list-connections.js';
import { listRefusals } from '../../core/manage/list-refusals.js';
import type { Management } from '../../core/manage/management.js';
import { authorityView, connectionView, licenceView, refusalView } from '../../core/manage/server-views.js';
import { parseClientId } from '../../core/model/client-id.js';
import { formatTime } from '../../core/model/time.js';
import { Connection, Events, Overview, Refusal } from '../api/activity-schemas.js';
import { managed } from '../api/route.js';
import { DEFAULT_LIMIT, Fields, given, Limit } from '../api/schemas.js';
import type { HttpServices } from '../services.js';

const OfClient = Fields({ client: given(64), limit: Limit });

/** What there is, and what happens at this server. */
export const activityRoutes = [
  managed({
    route: 'GET /api/v1/overview',
    action: 'overview.show',
    summary:
      'Count what the caller may see: by state, what ends soon, what is unused; to admins the verdicts',
    response: Overview,
    run: (management, { services }) => overview(management, services),
  }),
  managed({
    route: 'GET /api/v1/connections',
    action: 'connection.list',
    summary: 'List the open connections of this server that were let in, the newest first',
    query: OfClient,
    response: Type.Array(Connection),
    async run({ actor }, { query: { client, limit = DEFAULT_LIMIT }, services }) {
      const { connections, registry } = services;
      const clientById = (id: string) => registry.clientById(id);
      return listConnections({ actor, connections, clientById }, { client, limit }).map(connectionView);
    },
  }),
  managed({
    route: 'GET /api/v1/refusals',
    action: 'refusal.list',
    summary:
      'List what this server refused lately and why, the newest first; to members what names a client of theirs',
    query: OfClient,
    response: Type.Array(Refusal),
    async run({ actor }, { query: { client, limit = DEFAULT_LIMIT }, services }) {
      const { activity, registry } = services;
      const clientById = (id: string) => registry.clientById(id);
      return listRefusals({ actor, activity, clientById }, { client, limit }).map(refusalView);
    },
  }),
  managed({
    route: 'GET /api/v1/events',
    action: 'event.listen',
    summary: 'Tell what happens as it happens, as server-sent events, as far as the caller may see it',
    query: Fields({ client: given(64) }),
    response: Events,
    produces: 'text/event-stream',
    isBackground: true,
    async run(_management, { query: { client }, request, services, answerHeaders }, principal) {
      const asked = client === undefined ? undefined : parseClientId(client);
      if (request.method === 'HEAD') return Readable.from([]);
      // A silence says nothing of a reader: it ends with its credential.
      request.socket.setTimeout(0);
      // nginx would keep back what is not much.
      answerHeaders['x-accel-buffering'] = 'no';
      const lastEventId = [request.headers['last-event-id']].flat()[0];
      const address = services.proxies.addressOf(request);
      return services.events.open({ principal, client: asked, address, lastEventId });
    },
  }),
];

async function overview({ actor, authority, clock }: Management, services: HttpServices) {
  const counts = await services.overviewOf(actor);
  const isMember = actor.kind === 'member';
  const { subject, expiresAt } = authorityView(authority);
  const { certificates } = await services.describe();
  const ends = certificates.map((pem) => Date.parse(new X509Certificate(pem).validTo));
  const { activity, licence } = services;
  return {
    time: formatTime(clock.now()),
    ...counts,
    authority: { subject, expiresAt },
    serverCertificate: ends.length === 0 ? null : { expiresAt: formatTime(Math.min(...ends)) },
    licence: isMember ? null : licenceView(await licence.status()),
    verdicts: isMember
      ? null
      : {
          minutes: activity.minutes().map((minute) => ({ ...minute, at: formatTime(minute.at) })),
          reasons: activity.reasons(),
        },
  };
}
