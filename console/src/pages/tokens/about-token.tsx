import type { ApiKey } from '../../api/types.js';
import { serverNow } from '../../kit/clock.js';
import { Note } from '../../kit/note.js';
import { Time } from '../../kit/time.js';
import { None } from '../clients/columns.js';
import { KeyState } from './columns.js';

const WEEK_MS = 7 * 86_400_000;

/** What a question about an API key names: whose it is, and when it was last used. */
export function AboutToken({ apiKey }: { apiKey: ApiKey }) {
  const { hint, label, clientId, owner, lastUsedAt, lastUsedFrom } = apiKey;
  const isUsed = lastUsedAt && serverNow() - Date.parse(lastUsedAt) < WEEK_MS;
  return (
    <>
      <dl class="facts">
        <dt>API key</dt>
        <dd>
          <bdi class="mono">{hint}</bdi> <KeyState apiKey={apiKey} />
        </dd>
        {label !== null && (
          <>
            <dt>Label</dt>
            <dd>
              <bdi>{label}</bdi>
            </dd>
          </>
        )}
        <dt>Client</dt>
        <dd>
          <bdi class="mono">{clientId}</bdi>
        </dd>
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
