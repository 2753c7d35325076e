import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { inShell } from '../../console/src/kit/shell-text.js';

describe('the commands that the console shows', () => {
  it.each([
    'sensor-7',
    "ann's line",
    'a b',
    '$(id)',
    '`id`',
    'publish:db/#',
    '"; rm -rf /',
    '‮ltr 🔑',
    '*',
    '',
  ])('give the shell %j as one word', (text) => {
    const script = `printf %s ${inShell(text)}`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(text);
  });
});
