import { join } from 'node:path';
import { parseClient } from '../../core/client.js';
import type { KeyStore } from '../../core/ports.js';
import { prepareHome } from '../../disk/home.js';
import { FileCollection } from './collection.js';

/** The keystore in the files of a home. Nothing is made before the first change. */
export function openFileStore(home: string): KeyStore {
  const store = join(home, 'store');
  return {
    clients: new FileCollection({
      directory: join(store, 'clients'),
      parse: parseClient,
      prepare: () => prepareHome(home),
    }),
  };
}
