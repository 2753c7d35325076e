import type { ApiKey } from '../../api/types.js';
import { LastUseNote } from '../../kit/used.js';
import { None } from '../clients/columns.js';
import { KeyState } from './columns.js';

/** What a question about an API key names: whose it is, and when it was last used. */
export function AboutToken({ apiKey }: { apiKey: ApiKey }) {
  const { hint, label, clientId, owner } = apiKey;
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
      <LastUseNote of={apiKey} />
    </>
  );
}
