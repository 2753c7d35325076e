import { useQuery } from '@tanstack/preact-query';
import { call } from '../api/call.js';
import { CommandHint } from '../kit/command-hint.js';
import { Failure } from '../kit/note.js';
import { Time } from '../kit/time.js';
import { currentUser } from '../session/me.js';
import { PageTitle } from '../shell/page-title.js';
import { Authority } from './server/authority.js';
import { Connections, MOST_CONNECTIONS } from './server/connections.js';
import { Licence } from './server/licence.js';
import { ServerCertificates } from './server/server-certificates.js';
import { Settings } from './server/settings.js';

/** What this server is: its addresses, its certificates, its settings, and who is connected. */
export default function ServerPage() {
  const { admin } = currentUser();
  const server = useQuery({
    queryKey: ['server'],
    queryFn: ({ signal }) => call('get', '/api/v1/server', { signal }),
  });
  const authority = useQuery({
    queryKey: ['authority'],
    queryFn: () => call('get', '/api/v1/authority'),
  });
  const licence = useQuery({
    queryKey: ['licence'],
    enabled: admin,
    queryFn: ({ signal }) => call('get', '/api/v1/licence', { signal }),
  });
  const connections = useQuery({
    queryKey: ['connections'],
    queryFn: ({ signal }) =>
      call('get', '/api/v1/connections', { query: { limit: String(MOST_CONNECTIONS) }, signal }),
  });
  const all = [server, authority, connections, ...(admin ? [licence] : [])];
  const failed = all.find(({ error }) => error !== null);
  // All at once, so that nothing jumps.
  const isLoading = all.some(({ data, error }) => data === undefined && error === null);
  const data = isLoading ? undefined : server.data;
  return (
    <>
      <PageTitle title="Server" />
      {failed && <Failure error={failed.error} retry={() => void retry(all)} />}
      {isLoading && <div class="page-skeleton loading" />}
      {data && (
        <div class="stack">
          <section class="card" aria-labelledby="program">
            <h2 id="program">keywright {data.version}</h2>
            <dl class="facts">
              <dt>HTTP</dt>
              <dd>
                <Listener address={data.listeners.http} tls={data.tls.http} />
              </dd>
              <dt>MQTT</dt>
              <dd>
                <Listener address={data.listeners.mqtt} tls={data.tls.mqtt} />
              </dd>
              <dt>MQTT over WebSocket</dt>
              <dd>
                <Listener address={data.listeners.webSocket} tls={data.tls.http} />
              </dd>
              <dt>Running since</dt>
              <dd>
                <Time at={data.startedAt} focusable />
              </dd>
              <dt>Build</dt>
              <dd class="mono">{data.build}</dd>
              <dt>Node</dt>
              <dd class="mono">{data.node}</dd>
            </dl>
          </section>
          {authority.data && <Authority authority={authority.data} />}
          <ServerCertificates certificates={data.serverCertificates} />
          {licence.data && <Licence licence={licence.data} />}
          {connections.data && <Connections connections={connections.data} />}
          {data.settings && <Settings settings={data.settings} />}
        </div>
      )}
      {data && (
        <CommandHint
          commands={[
            'keywright ca show',
            'keywright server-cert --output server_cert.pem',
            ...(admin ? ['keywright license show', 'keywright serve --help'] : []),
          ]}
        />
      )}
    </>
  );
}

async function retry(all: readonly { error: unknown; refetch(): Promise<unknown> }[]): Promise<void> {
  await Promise.all(all.map(({ error, refetch }) => error !== null && refetch()));
}

function Listener({ address, tls }: { address: string; tls: boolean }) {
  return (
    <>
      <bdi class="mono">{address}</bdi>{' '}
      <span class={`badge ${tls ? 'good' : 'info'}`}>{tls ? 'TLS' : 'without TLS'}</span>
    </>
  );
}
