import type { Client } from '../../api/types.js';
import { LastUseNote } from '../../kit/used.js';
import { ClientState, None } from './columns.js';

/** What a question about a client names: whose it is, and when it was last used. */
export function AboutClient({ client }: { client: Client }) {
  const { id, label, owner } = client;
  return (
    <>
      <dl class="facts">
        <dt>Client</dt>
        <dd>
          <bdi class="mono">{id}</bdi> <ClientState client={client} />
        </dd>
        {label !== null && (
          <>
            <dt>Label</dt>
            <dd>
              <bdi>{label}</bdi>
            </dd>
          </>
        )}
        <dt>Owner</dt>
        <dd>{owner === null ? <None /> : <bdi>{owner}</bdi>}</dd>
      </dl>
      <LastUseNote of={client} />
    </>
  );
}
