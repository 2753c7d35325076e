import { Link } from 'wouter-preact';
import type { Client, Credential } from '../../api/types.js';
import { State } from '../../kit/badge.js';
import { useNow } from '../../kit/clock.js';
import { Time } from '../../kit/time.js';
import { KIND_NAMES, LastUsed } from './columns.js';

/** What the client gets in with. */
export function Credentials({ client: { id, credentials } }: { client: Client }) {
  const now = useNow();
  return (
    <section aria-labelledby="credentials">
      <h2 id="credentials">Credentials</h2>
      {credentials.length === 0 ? (
        <p class="muted">
          It has none. Reissue it, or <Link href={`/tokens?client=${id}`}>make an API key</Link> for it.
        </p>
      ) : (
        <div class="table-frame">
          <table>
            <thead>
              <tr>
                <th scope="col">Kind</th>
                <th scope="col">State</th>
                <th scope="col">Ends</th>
                <th scope="col">Last used</th>
                <th scope="col" class="wide">
                  Known by
                </th>
              </tr>
            </thead>
            <tbody>
              {credentials.map((each) => (
                <tr key={keyOf(each)}>
                  <td data-label="Kind">
                    <div>
                      {KIND_NAMES[each.kind]}
                      {each.kind === 'certificate' && <span class="muted"> {each.algorithm}</span>}
                      {each.kind === 'password' && each.alone && (
                        <span class="muted"> that suffices alone</span>
                      )}
                      {each.kind === 'api-key' && each.label !== null && (
                        <div class="muted small">
                          <bdi>{each.label}</bdi>
                        </div>
                      )}
                    </div>
                  </td>
                  <td data-label="State">
                    <State status={each.status} expiresAt={each.expiresAt} now={now} />
                    {each.kind === 'certificate' && each.replacedAt !== null && (
                      <span class="muted small"> replaced</span>
                    )}
                  </td>
                  <td data-label="Ends">
                    <Time at={each.expiresAt} />
                  </td>
                  <td data-label="Last used">
                    <LastUsed of={each} />
                  </td>
                  <td data-label="Known by" class="wide">
                    <KnownBy credential={each} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function KnownBy({ credential }: { credential: Credential }) {
  switch (credential.kind) {
    case 'certificate':
      return (
        <span class="mono small" title={credential.fingerprint}>
          serial {credential.serial}
        </span>
      );
    case 'signed-token':
      return (
        <span class="mono small" title={credential.certificate}>
          of certificate {credential.certificate.slice(0, 16)}…
        </span>
      );
    case 'api-key':
      return (
        <Link href={`/tokens?search=${encodeURIComponent(credential.hint)}`}>
          <bdi class="mono small">{credential.hint}</bdi>
        </Link>
      );
    case 'password':
      return <span class="muted">set</span>;
  }
}

function keyOf(credential: Credential): string {
  if (credential.kind === 'certificate') return credential.fingerprint;
  if (credential.kind === 'api-key') return credential.id;
  return credential.kind === 'signed-token' ? `token ${credential.certificate}` : 'password';
}
