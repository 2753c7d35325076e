import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import { flushFiles } from '../disk/flush.js';
import type { Pack, PackedBundle } from './packs.js';
import type { FileToWrite } from './task.js';
import type { Workers } from './workers.js';

/** The files of a bundle. */
export interface BundlePaths {
  readonly certificate: string;
  readonly privateKey: string;
  readonly token: string;
}

/** Where bundles go. */
export interface Places {
  /** Names the files of a bundle for whoever is told of it. */
  filesOf(id: string): Readonly<Record<string, string>>;
  /** @throws KeywrightError `already-exists` if a client's bundle cannot go there */
  requireFree(id: string): void;
  /**
   * Hands over the bundles of a pack, durably.
   * @returns true if the pack is not needed any more; else it is until `finish`
   * @throws KeywrightError `io`
   */
  place(pack: Pack, options: { readonly isAgain: boolean }): Promise<boolean>;
  /** Hands over what waits for the end of the run, and removes its packs. @throws KeywrightError `io` */
  finish(): Promise<void>;
}

/** A directory with three files for each bundle. */
export class DirectoryPlaces implements Places {
  readonly #directory: string;
  readonly #workers: Workers;

  constructor(directory: string, workers: Workers) {
    this.#directory = directory;
    this.#workers = workers;
  }

  filesOf(id: string): Readonly<Record<string, string>> {
    return { ...bundlePaths(this.#directory, id) };
  }

  requireFree(id: string): void {
    for (const path of Object.values(bundlePaths(this.#directory, id))) {
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) continue;
      throw new KeywrightError('already-exists', `the file ${path} already exists`, {
        hint: 'name another place with --output-dir, or move that file away',
      });
    }
  }

  async place({ path, bundles }: Pack, { isAgain }: { readonly isAgain: boolean }): Promise<boolean> {
    const files = bundles.flatMap((bundle) => this.#contents(bundle));
    const groups = Array.from({ length: Math.ceil(files.length / GROUP) }, (_, index) =>
      files.slice(index * GROUP, (index + 1) * GROUP),
    );
    const problems = await Promise.all(groups.map((group) => this.#workers.write({ files: group, isAgain })));
    const problem = problems.flat().find((each) => each !== undefined);
    if (problem !== undefined)
      throw new KeywrightError('io', `a bundle cannot be written: ${problem}`, {
        hint: `its client is registered, and the bundle is in ${path}: make room for it, and run the same again with --skip-existing`,
      });
    await flushFiles(
      this.#directory,
      files.map((file) => file.path),
    );
    return true;
  }

  async finish(): Promise<void> {}

  #contents({ id, certificate, privateKey, token }: PackedBundle): FileToWrite[] {
    const paths = bundlePaths(this.#directory, id);
    return [
      { path: paths.certificate, data: certificate, mode: 0o644 },
      { path: paths.privateKey, data: privateKey, mode: 0o600 },
      { path: paths.token, data: token, mode: 0o600 },
    ];
  }
}

// So many files go to a thread at once.
const GROUP = 96;

/** Names the files of a bundle in a directory: `ID_cert.pem`, `ID_key.pem`, `ID_token`. */
export function bundlePaths(directory: string, id: string): BundlePaths {
  const prefix = join(directory, id);
  return { certificate: `${prefix}_cert.pem`, privateKey: `${prefix}_key.pem`, token: `${prefix}_token` };
}
