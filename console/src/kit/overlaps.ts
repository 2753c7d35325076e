/** How long a former secret holds beside the new one. */
export const OVERLAPS = [
  ['', 'not at all: they stop now'],
  ['1h', 'for 1 hour'],
  ['24h', 'for 24 hours'],
  ['7d', 'for 7 days'],
  ['30d', 'for 30 days'],
] as const;
