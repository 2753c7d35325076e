import { liveClient } from '../../core/model/client.js';
import type { StoreFiles } from './files.js';
import { KINDS } from './kinds.js';
import { fileVersion } from './shard.js';

/** Counts the clients, without deleted ones: it reads only the files that changed since it was last asked. */
export class ClientCount {
  readonly #files: StoreFiles;
  readonly #known = new Map<string, { readonly version: string; readonly count: number }>();

  constructor(files: StoreFiles) {
    this.#files = files;
  }

  /** @throws KeywrightError `store-corrupt`, `io` */
  async now(): Promise<number> {
    let sum = 0;
    for (const place of await this.#files.placesIn(KINDS.client.directory)) {
      const version = fileVersion(this.#files.path(place));
      const known = this.#known.get(place.name);
      if (version !== undefined && known?.version === version.text) {
        sum += known.count;
        continue;
      }
      const clients = (await this.#files.read(place)).all('client');
      const count = clients.filter((client) => liveClient(client) !== undefined).length;
      // A file that changes at this moment may change again with the same time.
      if (version?.isSettled) this.#known.set(place.name, { version: version.text, count });
      sum += count;
    }
    return sum;
  }
}
