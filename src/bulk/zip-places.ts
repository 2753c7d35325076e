import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import archiver, { type Archiver } from 'archiver';
import { KeywrightError } from '../core/model/errors.js';
import { statOptional, syncDirectory } from '../disk/durable-file.js';
import { ioError, systemCode } from '../disk/io-error.js';
import type { Pack, PackedBundle, Packs } from './packs.js';
import { bundlePaths, type Places } from './places.js';

export interface ZipOptions {
  readonly archive: string;
  /** The directory where the archive is written before it gets its name. */
  readonly staging: string;
  readonly packs: Packs;
  /** The CA's certificate in PEM, which goes with the bundles. */
  readonly serverCertificate: string;
}

/** One archive for all bundles. It gets its name when it is whole; until then the bundles are in their packs. */
export class ZipPlaces implements Places {
  readonly #options: ZipOptions;
  readonly #isThere: boolean;
  readonly #waiting: { readonly path: string; readonly ids: ReadonlySet<string> }[] = [];

  private constructor(options: ZipOptions, isThere: boolean) {
    this.#options = options;
    this.#isThere = isThere;
  }

  /** Finishes what a killed run has left of an archive, or removes it. @throws KeywrightError `io` */
  static async open(options: ZipOptions): Promise<ZipPlaces> {
    const { archive, staging, packs } = options;
    const [there, staged] = [await statOptional(archive), await statOptional(stagedIn(staging))];
    // It was whole, and had its name: only the packs were left.
    if (staged !== undefined && there?.ino === staged.ino && there.dev === staged.dev)
      for await (const pack of packs.left()) await packs.remove(pack);
    await rm(stagedIn(staging), { force: true });
    return new ZipPlaces(options, there !== undefined);
  }

  readonly filesOf = (): Readonly<Record<string, string>> => ({ bundle: this.#options.archive });

  requireFree(): void {
    if (!this.#isThere) return;
    throw new KeywrightError('already-exists', `the file ${this.#options.archive} already exists`, {
      hint: 'name another with --zip-all for the clients that are new',
    });
  }

  async place({ path, bundles }: Pack): Promise<boolean> {
    if (bundles.length === 0) return true;
    this.#waiting.push({ path, ids: new Set(bundles.map(({ id }) => id)) });
    return false;
  }

  async finish(): Promise<void> {
    const { archive, staging, packs } = this.#options;
    if (this.#waiting.length === 0) return;
    const staged = stagedIn(staging);
    try {
      await this.#write(staged);
      await giveName(staged, archive);
      await syncDirectory(dirname(archive));
    } catch (error) {
      if (error instanceof KeywrightError) throw error;
      throw ioError('write', archive, error);
    }
    for (const { path } of this.#waiting) await packs.remove({ path });
    await rm(staged, { force: true });
  }

  async #write(staged: string): Promise<void> {
    const output = createWriteStream(staged, { flags: 'wx', mode: 0o600 });
    const zip = archiver('zip');
    zip.pipe(output);
    const failed = new Promise<never>((_, reject) => {
      zip.once('error', reject);
      output.once('error', reject);
    });
    failed.catch(() => undefined);
    const written = finished(output);
    await Promise.race([failed, this.#fill(zip)]);
    await Promise.race([failed, Promise.all([zip.finalize(), written])]);
    const file = await open(staged, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #fill(zip: Archiver): Promise<void> {
    const { packs, serverCertificate } = this.#options;
    for (const { path, ids } of this.#waiting)
      for (const bundle of (await packs.read(path)).bundles)
        if (ids.has(bundle.id)) await append(zip, bundle);
    await appendOne(zip, { name: 'server_cert.pem', data: serverCertificate, mode: 0o644 });
  }
}

function stagedIn(staging: string): string {
  return join(staging, 'archive');
}

async function append(zip: Archiver, { id, certificate, privateKey, token }: PackedBundle): Promise<void> {
  const names = bundlePaths('', id);
  await appendOne(zip, { name: names.certificate, data: certificate, mode: 0o644 });
  await appendOne(zip, { name: names.privateKey, data: privateKey, mode: 0o600 });
  await appendOne(zip, { name: names.token, data: token, mode: 0o600 });
}

// One at a time, so that nothing piles up.
async function appendOne(
  zip: Archiver,
  { name, data, mode }: { readonly name: string; readonly data: string; readonly mode: number },
): Promise<void> {
  const isIn = once(zip, 'entry');
  zip.append(data, { name, mode });
  await isIn;
}

/** Gives a file a name that must be free. */
async function giveName(staged: string, path: string): Promise<void> {
  try {
    await link(staged, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST')
      throw new KeywrightError('already-exists', `the file ${path} already exists`, {
        hint: `the bundles are kept: move that file away, and run the same again with --skip-existing`,
      });
    // A file system without links.
    if (await stat(path).catch(() => undefined)) throw error;
    await rename(staged, path);
  }
}
