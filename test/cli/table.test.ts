import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { type Column, NONE, table, timeColumn } from '../../src/cli/table.js';

interface Row {
  readonly id: string;
  readonly label: string;
  readonly owner: string;
  readonly ends: string;
}

const COLUMNS: Column<Row>[] = [
  { head: 'id', of: ({ id }) => id },
  { head: 'label', of: ({ label }) => label, rank: 2, least: 8 },
  { head: 'owner', of: ({ owner }) => owner, rank: 3 },
  timeColumn('ends', { of: ({ ends }) => ends, rank: 1 }),
];

const ROW: Row = {
  id: '550e8400-e29b-41d4-a716-446655440000',
  label: 'the gateway of line seven',
  owner: 'ann',
  ends: '2029-11-21T20:32:33Z',
};

const widthOf = (text: string) => Math.max(...text.split('\n').map((line) => stringWidth(line)));

describe('a table', () => {
  it('is drawn whole where there is room', () => {
    expect(table(COLUMNS, [{ ...ROW, id: 'a', label: 'x' }], 200)).toEqual({
      text: [
        '┌────┬───────┬───────┬──────────────────────┐',
        '│ id │ label │ owner │ ends                 │',
        '├────┼───────┼───────┼──────────────────────┤',
        '│ a  │ x     │ ann   │ 2029-11-21T20:32:33Z │',
        '└────┴───────┴───────┴──────────────────────┘',
      ].join('\n'),
      left: [],
    });
  });

  it.each([200, 90, 80, 72, 64, 60])(
    'of %i columns is no wider than the terminal, and cuts no id',
    (width) => {
      const { text } = table(COLUMNS, [ROW], width);
      expect(widthOf(text)).toBeLessThanOrEqual(width);
      expect(text).toContain(ROW.id);
    },
  );

  it('cuts texts and times first, and then leaves out the columns that matter least, which it names', () => {
    const { text, left } = table(COLUMNS, [ROW], 64);
    expect([text.includes('│ the gat… │'), text.includes('│ 2029-11-21 │'), left]).toEqual([
      true,
      true,
      ['owner'],
    ]);
    expect(table(COLUMNS, [ROW], 60).left).toEqual(['label', 'owner']);
  });

  it('leaves an id whole even where nothing else fits', () => {
    expect(table(COLUMNS, [ROW], 20).text).toContain(`│ ${ROW.id} │`);
  });

  it('lets a column without any value go first, and does not name it', () => {
    const { text, left } = table(COLUMNS, [{ ...ROW, label: NONE }], 75);
    expect([text.includes('label'), text.includes('owner'), left]).toEqual([false, true, []]);
  });

  it('measures characters as terminals show them', () => {
    const rows = [
      ROW,
      { ...ROW, label: '生産ライン七番のゲートウェイ装置' },
      { ...ROW, label: 'e\u0301tage' },
    ];
    for (const width of [200, 85, 75]) {
      const lines = table(COLUMNS, rows, width).text.split('\n');
      expect(new Set(lines.map((line) => stringWidth(line))).size).toBe(1);
    }
  });

  it('takes time in proportion to its rows', () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => ({ ...ROW, id: `client-${index}` }));
    expect(table(COLUMNS, rows, 80).text.split('\n')).toHaveLength(10_004);
  });
});
