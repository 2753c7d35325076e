import type { Answer } from '../../api/types.js';
import { Time } from '../../kit/time.js';

/** How many clients there may be. */
export function Licence({ licence }: { licence: Answer<'get', '/api/v1/licence'> }) {
  const { state, reason, used, deviceLimit, expiresAt } = licence;
  return (
    <section class="card" aria-labelledby="licence">
      <h2 id="licence">Licence</h2>
      <dl class="facts">
        <dt>State</dt>
        <dd>
          {state === 'unrestricted' ? (
            'None is needed: there is no limit.'
          ) : (
            <>
              <span class={`badge ${state === 'valid' ? 'good' : 'bad'}`}>{state}</span>{' '}
              {reason !== null && <bdi>{reason}</bdi>}
            </>
          )}
        </dd>
        <dt>Clients</dt>
        <dd>
          {used.toLocaleString('en')}
          {deviceLimit !== null && ` of ${deviceLimit.toLocaleString('en')}`}
        </dd>
        {state !== 'unrestricted' && (
          <>
            <dt>Ends</dt>
            <dd>
              <Time at={expiresAt} focusable />
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}
