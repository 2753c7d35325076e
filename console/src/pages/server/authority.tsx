import type { Answer } from '../../api/types.js';
import { useNow } from '../../kit/clock.js';
import { CopyButton } from '../../kit/copy-button.js';
import { download } from '../../kit/download.js';
import { Time } from '../../kit/time.js';
import { Fingerprint } from './fingerprint.js';

const FILE = 'server_cert.pem';
const SOON_MS = 180 * 86_400_000;

/** The CA, whose certificate clients trust. It is saved under the name that other commands give it. */
export function Authority({ authority }: { authority: Answer<'get', '/api/v1/authority'> }) {
  const now = useNow();
  const { subject, expiresAt, fingerprint, serial, algorithm, certificate } = authority;
  const ends = expiresAt === null ? undefined : Date.parse(expiresAt) - now;
  return (
    <section class="card" aria-labelledby="authority">
      <h2 id="authority">The CA</h2>
      <dl class="facts">
        <dt>Subject</dt>
        <dd>
          <bdi>{subject}</bdi>
        </dd>
        <dt>Ends</dt>
        <dd>
          <Time at={expiresAt} focusable />{' '}
          {ends !== undefined && ends < SOON_MS && (
            <span class={`badge ${ends < 0 ? 'bad' : 'warn'}`}>{ends < 0 ? 'ended' : 'soon'}</span>
          )}
        </dd>
        <dt>Fingerprint</dt>
        <dd>
          <Fingerprint hex={fingerprint} of="the CA" />
        </dd>
        <dt>Serial</dt>
        <dd class="mono small">{serial}</dd>
        <dt>Algorithm</dt>
        <dd class="mono small">{algorithm}</dd>
      </dl>
      <p class="buttons">
        <button type="button" onClick={() => download(FILE, certificate)}>
          Download {FILE}
        </button>
        <CopyButton text={certificate} what="the certificate of the CA" label="Copy the PEM" />
        <span class="muted">
          Clients trust it, as --cafile or --cacert. It is no secret, but take it from a page that you trust.
        </span>
      </p>
    </section>
  );
}
