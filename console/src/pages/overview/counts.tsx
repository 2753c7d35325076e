import { Link } from 'wouter-preact';
import type { Overview } from '../../api/types.js';

const WORDS: Record<string, string> = { valid: 'good', suspended: 'warn', expired: 'bad', revoked: 'bad' };

/** How many there are, by state; each number leads to its list. */
export function Counts({ overview: { clients, apiKeys, certificates, unused } }: { overview: Overview }) {
  return (
    <div class="counts">
      <Count title="Clients" href="/keys" counts={clients} />
      <Count title="API keys" href="/tokens" counts={apiKeys} />
      <Count title="Certificates" counts={certificates} />
      <section class="card" aria-labelledby="unused">
        <h2 id="unused">Unused API keys</h2>
        <p class="big">{(unused.never + unused.long).toLocaleString('en')}</p>
        <ul class="states">
          <li>
            <Link href="/tokens?sort=lastUsedAt">{unused.never.toLocaleString('en')} never used</Link>
          </li>
          <li>
            <Link href="/tokens?sort=lastUsedAt">{unused.long.toLocaleString('en')} not for 90 days</Link>
          </li>
        </ul>
      </section>
    </div>
  );
}

function Count({
  title,
  href,
  counts: { total, byState },
}: {
  title: string;
  href?: string;
  counts: Overview['clients'];
}) {
  const states = Object.entries(byState).filter(([, count]) => count > 0);
  const id = `count-${title.replace(' ', '-')}`;
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p class="big">
        {href ? <Link href={href}>{total.toLocaleString('en')}</Link> : total.toLocaleString('en')}
      </p>
      <ul class="states">
        {states.map(([state, count]) => {
          const text = `${count.toLocaleString('en')} ${state}`;
          return (
            <li key={state} class={`badge ${WORDS[state] ?? 'info'}`}>
              {href ? <Link href={`${href}?state=${state.replaceAll(' ', '-')}`}>{text}</Link> : text}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
