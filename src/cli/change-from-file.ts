import { type Row, readRows } from '../bulk/rows.js';
import type { Managing } from '../core/manage/management.js';
import { changeTogether, type Outcome } from '../core/manage/together.js';
import { KeywrightError } from '../core/model/errors.js';
import type { Home } from '../home/open-home.js';
import type { BaseCommand } from './base-command.js';
import { BulkReport } from './bulk-report.js';
import { management } from './services.js';
import { heldSignals } from './signals.js';

export interface FileToChange {
  /** A path, or `-` for standard input. */
  readonly from: string;
  /** What is changed: `client`; and the word for what is done: `deleted`. */
  readonly thing: string;
  readonly done: string;
  /** Makes the change of one thing. @returns false if there was nothing to do */
  change(services: Managing, id: string): Promise<unknown>;
}

interface Named {
  readonly line: number;
  readonly id: string;
}

// So many are changed as one.
const GROUP = 256;

/**
 * Changes what the lines of a file name, group by group as it is read, and reports each line when its change holds.
 * @returns true if every line was done
 */
export async function changeFromFile(command: BaseCommand, home: Home, file: FileToChange): Promise<boolean> {
  const services = management(home);
  const report = new BulkReport(command, file);
  await heldSignals(async (stop) => {
    for await (const rows of readRows(file.from, { columns: undefined })) {
      const named = rows.flatMap((row) => namedBy(row, report));
      const partOf = ({ id }: Named) => home.keyStore.clients.partOf(id.split(':')[0]?.toLowerCase() ?? '');
      named.sort((one, other) => (partOf(one) < partOf(other) ? -1 : 1));
      for (let at = 0; at < named.length; at += GROUP) {
        if (stop.aborted) return;
        const group = named.slice(at, at + GROUP);
        const outcomes = await changeTogether(services, group, (each, { id }) => file.change(each, id));
        for (const [index, { line, id }] of group.entries())
          report.add({ line, id, ...resultOf(outcomes[index], file.done) });
      }
    }
  });
  return report.end();
}

function namedBy({ number: line, values }: Row, report: BulkReport): Named[] {
  const error =
    values instanceof KeywrightError
      ? values
      : values.id === undefined && new KeywrightError('invalid-input', 'the line has no id');
  if (!error && !(values instanceof KeywrightError)) return [{ line, id: values.id ?? '' }];
  report.add({ line, id: undefined, status: 'failed', error });
  return [];
}

function resultOf(outcome: Outcome<unknown> | undefined, done: string) {
  if (outcome === undefined) return { status: 'failed', error: undefined };
  if ('error' in outcome) return { status: 'failed', error: outcome.error };
  return { status: outcome.value === false ? 'skipped' : done };
}
