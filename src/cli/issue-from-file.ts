import { realpath } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { issueAll, type LineResult } from '../bulk/issue-all.js';
import { Packs } from '../bulk/packs.js';
import { DirectoryPlaces } from '../bulk/places.js';
import { resume } from '../bulk/resume.js';
import { Workers } from '../bulk/workers.js';
import { ZipPlaces } from '../bulk/zip-places.js';
import { formatTime } from '../core/model/time.js';
import { makeDirectory } from '../disk/directory.js';
import { inStaging } from '../disk/staging.js';
import type { Home } from '../home/open-home.js';
import { type Defaults, readAskedLines } from './asked-lines.js';
import type { BaseCommand } from './base-command.js';
import { BulkReport } from './bulk-report.js';
import { management } from './services.js';
import { heldSignals } from './signals.js';

export interface FileToIssue {
  /** A path, or `-` for standard input. */
  readonly from: string;
  readonly outputDirectory: string | undefined;
  /** The one archive for all bundles, in place of a directory. */
  readonly archive: string | undefined;
  readonly concurrency: number | undefined;
  readonly skipExisting: boolean;
  readonly defaults: Defaults;
}

/** Issues the clients of a file, and reports each. @returns true if every line was done */
export async function issueFromFile(command: BaseCommand, home: Home, file: FileToIssue): Promise<boolean> {
  const { from, archive, defaults, skipExisting } = file;
  const lines = await readAskedLines(from, { defaults, parseScopes: (scopes) => home.parseScopes(scopes) });
  const authority = await home.authority();
  const directory = archive === undefined ? (file.outputDirectory ?? '.') : dirname(archive);
  if (archive === undefined) await makeDirectory(directory);
  const concurrency = Math.min(file.concurrency ?? availableParallelism(), Math.max(1, lines.length));
  const workers = new Workers({ count: concurrency, authority: await home.authorityKeys() });
  const report = new BulkReport(command, { thing: 'client', done: 'issued', total: lines.length });
  const staging = join(directory, `${archive === undefined ? '' : `.${basename(archive)}`}.keywright-bulk`);
  return heldSignals(async (stop) => {
    const waiting = setTimeout(
      () => command.notice(`another run hands over bundles in ${directory}: this one waits for it`),
      WAITS_AFTER_MS,
    );
    const lock = { patienceMs: Number.POSITIVE_INFINITY, isLong: true, stop };
    return inStaging(staging, { first: archive ?? directory, ...lock }, async () => {
      clearTimeout(waiting);
      const packs = new Packs(staging, await realpath(home.directory));
      const places =
        archive === undefined
          ? new DirectoryPlaces(directory, workers)
          : await ZipPlaces.open({ archive, staging, packs, serverCertificate: authority.certificate });
      const services = { ...management(home), authority };
      const finished = await resume(
        { keyStore: home.keyStore, home: await realpath(home.directory) },
        { packs, places },
      );
      if (finished.size > 0)
        command.notice(
          `finished what a run before had begun: ${finished.size} of its bundles are handed over`,
        );
      const add = (result: LineResult) =>
        report.add({ ...result, ...shown(result, (id) => places.filesOf(id)) });
      // What is in an archive is there when the archive is.
      const later: LineResult[] = [];
      await issueAll(
        {
          ...{ services, workers, concurrency, packs, places, skipExisting, stop, finished },
          report: (result) =>
            archive !== undefined && result.status === 'issued' ? later.push(result) : add(result),
        },
        lines,
      );
      if (stop.aborted) command.notice('stopped; go on with the same again and --skip-existing');
      else await places.finish();
      if (!stop.aborted) for (const result of later) add(result);
      return report.end();
    }).finally(() => clearTimeout(waiting));
  }).finally(() => workers.close());
}

const WAITS_AFTER_MS = 1_000;

function shown(result: LineResult, filesOf: (id: string) => object): { readonly more?: object } {
  if (result.status !== 'issued') return {};
  const { id, serial, fingerprint, notBefore, notAfter, isCut } = result.bundle;
  return {
    more: {
      ...{ serial, fingerprint, notBefore: formatTime(notBefore), expiresAt: formatTime(notAfter) },
      ...{ endsWithAuthority: isCut, files: filesOf(id) },
    },
  };
}
