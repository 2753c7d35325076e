const GLOBAL_WITH_VALUE = '--home';

/**
 * Puts global flags that stand before the command behind it, where oclif looks for them: `--home DIR key list`. `help`
 * before a command asks for its help.
 */
export function commandLine(argv: readonly string[]): string[] {
  const before: string[] = [];
  let rest = [...argv];
  for (;;) {
    const [first, ...others] = rest;
    const isPair = first === GLOBAL_WITH_VALUE && others.length > 1;
    if (first !== '--json' && !first?.startsWith(`${GLOBAL_WITH_VALUE}=`) && !isPair) break;
    before.push(...rest.slice(0, isPair ? 2 : 1));
    rest = isPair ? others.slice(1) : others;
  }
  if (rest[0] === 'help') rest = [...rest.slice(1), '--help'];
  // What follows `--` is no flag.
  const end = rest.indexOf('--');
  return end === -1 ? [...rest, ...before] : [...rest.slice(0, end), ...before, ...rest.slice(end)];
}

/** Finds the word that was probably meant: one that is few letters away. */
export function nearest(typed: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const word of words) {
    const distance = distanceBetween(typed, word);
    if (distance < least) [best, least] = [word, distance];
  }
  return best;
}

/** The number of letters to add, remove, replace or swap with the next one (optimal string alignment). */
function distanceBetween(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const costs = [
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      ];
      const isSwap =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (isSwap) costs.push((before[column - 2] ?? 0) + 1);
      current.push(Math.min(...costs));
    }
    [before, last] = [last, current];
  }
  return last[other.length] ?? 0;
}
