/** The heading of the table. */
export function printHead() {
  printLine({ what: 'what', ratio: 'ratio', mark: 'mark', verdict: '', note: 'medians, spread' });
}

/** One line of the table: what was measured, the mark that it must reach, if any, and whether it does, which is returned. */
export function printResult({ what, ratio, goal, note }) {
  const isReached = goal === undefined || (ratio >= goal.least && ratio <= goal.most);
  printLine({
    what,
    ratio: ratio.toFixed(2),
    mark: goal === undefined ? '' : goal.most === Infinity ? `≥ ${goal.least}` : `≤ ${goal.most}`,
    verdict: goal === undefined ? '' : isReached ? 'OK' : 'MISSED',
    note: note ?? '',
  });
  return isReached;
}

function printLine({ what, ratio, mark, verdict, note }) {
  console.log(`${what.padEnd(74)}  ${ratio.padStart(6)}  ${mark.padEnd(6)} ${verdict.padEnd(6)} ${note}`);
}
