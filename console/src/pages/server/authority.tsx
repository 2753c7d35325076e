import { useQuery } from '@tanstack/preact-query';
import { call } from '../../api/call.js';
import { useNow } from '../../kit/clock.js';
import { CopyButton } from '../../kit/copy-button.js';
import { download } from '../../kit/download.js';
import { Failure } from '../../kit/note.js';
import { Time } from '../../kit/time.js';
import { Fingerprint } from './fingerprint.js';

const FILE = 'server_cert.pem';
const SOON_MS = 180 * 86_400_000;

/** The CA, whose certificate clients trust. It is saved under the name that other commands give it. */
export function Authority() {
  const now = useNow();
  const { data, error, refetch } = useQuery({
    queryKey: ['authority'],
    queryFn: () => call('get', '/api/v1/authority'),
  });
  const ends = data?.expiresAt ? Date.parse(data.expiresAt) - now : undefined;
  return (
    <section class="card authority" aria-labelledby="authority">
      <h2 id="authority">The CA</h2>
      {error && <Failure error={error} retry={refetch} />}
      {data && (
        <>
          <dl class="facts">
            <dt>Subject</dt>
            <dd>
              <bdi>{data.subject}</bdi>
            </dd>
            <dt>Ends</dt>
            <dd>
              <Time at={data.expiresAt} focusable />{' '}
              {ends !== undefined && ends < SOON_MS && (
                <span class={`badge ${ends < 0 ? 'bad' : 'warn'}`}>{ends < 0 ? 'ended' : 'soon'}</span>
              )}
            </dd>
            <dt>Fingerprint</dt>
            <dd>
              <Fingerprint hex={data.fingerprint} of="the CA" />
            </dd>
            <dt>Serial</dt>
            <dd class="mono small">{data.serial}</dd>
            <dt>Algorithm</dt>
            <dd class="mono small">{data.algorithm}</dd>
          </dl>
          <p class="buttons">
            <button type="button" onClick={() => download(FILE, data.certificate)}>
              Download {FILE}
            </button>
            <CopyButton text={data.certificate} what="the certificate of the CA" label="Copy the PEM" />
            <span class="muted">
              Clients trust it, as --cafile or --cacert. It is no secret, but take it from a page that you
              trust.
            </span>
          </p>
        </>
      )}
    </section>
  );
}
