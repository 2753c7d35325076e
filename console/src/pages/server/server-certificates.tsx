import type { Answer } from '../../api/types.js';
import { State } from '../../kit/badge.js';
import { useNow } from '../../kit/clock.js';
import { Time } from '../../kit/time.js';
import { Fingerprint } from './fingerprint.js';

type Certificates = Answer<'get', '/api/v1/server'>['serverCertificates'];

/** What the server presents over TLS. It renews them by itself. */
export function ServerCertificates({ certificates }: { certificates: Certificates }) {
  const now = useNow();
  return (
    <section aria-labelledby="certificates">
      <h2 id="certificates">Server certificates</h2>
      {certificates.length === 0 ? (
        <p class="muted">None: no address is served over TLS.</p>
      ) : (
        <ul class="lines card">
          {certificates.map(({ names, algorithm, fingerprint, expiresAt }) => (
            <li key={fingerprint} class="stack tight">
              <div>
                {names.map((name) => (
                  <bdi key={name} class="tag">
                    {name}
                  </bdi>
                ))}{' '}
                <span class="muted small">{algorithm}</span>
              </div>
              <div>
                <State
                  status={Date.parse(expiresAt) < now ? 'expired' : 'valid'}
                  expiresAt={expiresAt}
                  now={now}
                />{' '}
                ends <Time at={expiresAt} focusable />
              </div>
              <Fingerprint hex={fingerprint} of={`the ${algorithm} certificate`} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
