import type { Client } from '../../api/types.js';
import { serverNow } from '../../kit/clock.js';
import { Note } from '../../kit/note.js';
import { Time } from '../../kit/time.js';
import { ClientState, None } from './columns.js';

const WEEK_MS = 7 * 86_400_000;

/** What a question about a client names: whose it is, and when it was last used. */
export function AboutClient({ client }: { client: Client }) {
  const { id, label, owner, lastUsedAt, lastUsedFrom } = client;
  const isUsed = lastUsedAt && serverNow() - Date.parse(lastUsedAt) < WEEK_MS;
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
      <Note kind={isUsed ? 'warn' : 'info'}>
        <span>
          {lastUsedAt ? (
            <>
              Used <Time at={lastUsedAt} focusable />
              {lastUsedFrom && ` from ${lastUsedFrom}`}.
            </>
          ) : (
            'Never used, as far as is known.'
          )}
        </span>
      </Note>
    </>
  );
}
