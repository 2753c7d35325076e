import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

/** A file of the console. */
export interface ConsoleFile {
  readonly type: string;
  readonly body: Buffer;
  /** The same, compressed; undefined if it is not there. */
  readonly gzip: Buffer | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/**
 * The files of the console, by their paths in its directory: `index.html`, `assets/index-1a2b.js`. They are read at the
 * first request, together, and nothing else is ever read: no request names a file of the disk.
 */
export class ConsoleFiles {
  readonly #directory: string;
  #files: ReadonlyMap<string, ConsoleFile> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws Error if the directory is not there: the console was not built */
  get(path: string): ConsoleFile | undefined {
    this.#files ??= readFiles(this.#directory);
    return this.#files.get(path);
  }
}

function readFiles(directory: string): ReadonlyMap<string, ConsoleFile> {
  const contents = new Map<string, Buffer>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    contents.set(relative(directory, path).split(sep).join('/'), readFileSync(path));
  }
  return new Map(
    [...contents].flatMap(([name, body]) => {
      const type = TYPES[extname(name)];
      return type === undefined ? [] : [[name, { type, body, gzip: contents.get(`${name}.gz`) }] as const];
    }),
  );
}
