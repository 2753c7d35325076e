const DAY_MS = 86_400_000;

const KINDS: Record<string, string> = {
  valid: 'good',
  'not yet valid': 'info',
  suspended: 'warn',
  expired: 'bad',
  revoked: 'bad',
  invalid: 'bad',
  disabled: 'warn',
  'no credential': 'info',
};

/** A state in a word, not by colour alone. What holds for less than a month says for how long. */
export function State({
  status,
  expiresAt,
  now,
}: {
  status: string;
  expiresAt?: string | null;
  now: number;
}) {
  const days = expiresAt ? Math.floor((Date.parse(expiresAt) - now) / DAY_MS) : undefined;
  if (status === 'valid' && days !== undefined && days < 30)
    return <span class="badge warn">{days < 1 ? 'ends within a day' : `ends in ${days} d`}</span>;
  return <span class={`badge ${KINDS[status] ?? 'info'}`}>{status}</span>;
}
