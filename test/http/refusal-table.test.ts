import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { RATE_LIMITED } from '../../src/core/verify/explain-refusal.js';
import type { Rejection } from '../../src/core/verify/presentation.js';
import { REFUSALS, tooMany } from '../../src/http/responses/problem.js';
import { connectRefusal, SERVER_UNAVAILABLE } from '../../src/mqtt/packets/connack.js';

it('each reason has one name, and the answers that the table of refusals says', async () => {
  const page = await readFile(fileURLToPath(new URL('../../docs/refusals.md', import.meta.url)), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
    .map(([reason, , ...answers]) => [reason, ...answers]);
  const row = (
    name: string,
    { problem }: { problem: { status: number; reason: string } },
    connack: typeof SERVER_UNAVAILABLE,
  ) => [
    `\`${name}\``,
    `${problem.status} \`${problem.reason}\``,
    `${connack.returnCode}`,
    `0x${connack.reasonCode.toString(16)}`,
  ];
  const reasons = Object.keys(REFUSALS) as Rejection[];
  expect(rows).toEqual([
    ...reasons.map((reason) => row(reason, REFUSALS[reason], connectRefusal(reason, { isPassword: false }))),
    row(RATE_LIMITED, tooMany(1), SERVER_UNAVAILABLE),
  ]);
  // The words of a 401 are older clients'; all others are the reason's own name.
  for (const reason of reasons) {
    const { status, reason: word } = REFUSALS[reason].problem;
    expect(status === 401 ? ['missing token', 'invalid token'] : [reason]).toContain(word);
  }
});
