import { Link } from 'wouter-preact';
import type { Overview } from '../../api/types.js';
import { Bars } from '../../kit/bars.js';

const DAY_MS = 86_400_000;
const DAYS = 90;
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** What ends in the next 90 days, each day a link to the keys that have ended by then. */
export function EndsChart({ time, ends: { days, within } }: Overview) {
  const today = Date.parse(`${time.slice(0, 10)}T00:00:00Z`);
  const byDate = new Map(days.map((each) => [each.date, each]));
  const bars = Array.from({ length: DAYS }, (_, index) => {
    const date = new Date(today + index * DAY_MS);
    const { certificates = 0, apiKeys = 0 } = byDate.get(date.toISOString().slice(0, 10)) ?? {};
    const title = `${day.format(date)}: ${counted(certificates, 'certificate')}, ${counted(apiKeys, 'API key')}`;
    // Keys and tokens are listed apart: the bar leads to where there is more.
    const room = apiKeys > certificates ? 'tokens' : 'keys';
    return {
      values: [certificates, apiKeys],
      title,
      href: `/${room}?expiringWithin=${index + 1}d&sort=expiresAt`,
    };
  });
  return (
    <section class="card" aria-labelledby="ends">
      <h2 id="ends">Ends within 90 days</h2>
      <ul class="figures">
        {(['7', '30', '90'] as const).map((count) => {
          const { clients, apiKeys } = within[count];
          return (
            <li key={count}>
              <Link href={`/keys?expiringWithin=${count}d&sort=expiresAt`}>
                <strong>{clients.toLocaleString('en')}</strong> {clients === 1 ? 'client' : 'clients'}
              </Link>{' '}
              and{' '}
              <Link href={`/tokens?expiringWithin=${count}d&sort=expiresAt`}>
                <strong>{apiKeys.toLocaleString('en')}</strong> API {apiKeys === 1 ? 'key' : 'keys'}
              </Link>
              <span class="muted"> within {count} days</span>
            </li>
          );
        })}
      </ul>
      <Bars
        bars={bars}
        series={[
          ['first', 'Certificates'],
          ['second', 'API keys'],
        ]}
        summary={`What ends on each of the next ${DAYS} days`}
        ticks={[0, 30, 60, 89].map((index) => [index, day.format(today + index * DAY_MS)] as const)}
      />
    </section>
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
