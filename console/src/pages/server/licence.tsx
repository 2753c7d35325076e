import { useQuery } from '@tanstack/preact-query';
import { call } from '../../api/call.js';
import { Failure } from '../../kit/note.js';
import { Time } from '../../kit/time.js';

/** How many clients there may be. */
export function Licence() {
  const { data, error, refetch } = useQuery({
    queryKey: ['licence'],
    queryFn: ({ signal }) => call('get', '/api/v1/licence', { signal }),
  });
  return (
    <section class="card licence" aria-labelledby="licence">
      <h2 id="licence">Licence</h2>
      {error && <Failure error={error} retry={refetch} />}
      {data && (
        <dl class="facts">
          <dt>State</dt>
          <dd>
            {data.state === 'unrestricted' ? (
              'None is needed: there is no limit.'
            ) : (
              <>
                <span class={`badge ${data.state === 'valid' ? 'good' : 'bad'}`}>{data.state}</span>{' '}
                {data.reason !== null && <bdi>{data.reason}</bdi>}
              </>
            )}
          </dd>
          <dt>Clients</dt>
          <dd>
            {data.used.toLocaleString('en')}
            {data.deviceLimit !== null && ` of ${data.deviceLimit.toLocaleString('en')}`}
          </dd>
          {data.state !== 'unrestricted' && (
            <>
              <dt>Ends</dt>
              <dd>
                <Time at={data.expiresAt} focusable />
              </dd>
            </>
          )}
        </dl>
      )}
    </section>
  );
}
