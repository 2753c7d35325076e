import { KeywrightError } from '../core/model/errors.js';
import type { KeyStore } from '../core/ports/key-store.js';
import { type IssuedBundle, withoutTexts } from './issue-all.js';
import type { Packs } from './packs.js';
import type { Places } from './places.js';

/**
 * Finishes what a killed run has left: whoever it had registered gets their bundle, and the rest is removed.
 * @returns the bundles that were handed over, by their clients
 * @throws KeywrightError `already-exists` if they are of another home; `io`
 */
export async function resume(
  { keyStore, home }: { readonly keyStore: KeyStore; readonly home: string },
  { packs, places }: { readonly packs: Packs; readonly places: Places },
): Promise<ReadonlyMap<string, IssuedBundle>> {
  const finished = new Map<string, IssuedBundle>();
  for await (const pack of packs.left()) {
    const theirs = pack.home;
    if (theirs !== undefined && theirs !== home) throw ofAnotherHome(pack.path, theirs);
    const certificates = await keyStore.certificates.ofClients(pack.bundles.map(({ id }) => id));
    const held = new Set(
      certificates.flatMap(({ fingerprint, withdrawn, replaced }) =>
        withdrawn === null && !replaced ? [fingerprint] : [],
      ),
    );
    const bundles = pack.bundles.filter(({ fingerprint }) => held.has(fingerprint));
    if (await places.place({ ...pack, bundles }, { isAgain: true })) await packs.remove(pack);
    for (const bundle of bundles) finished.set(bundle.id, withoutTexts(bundle));
  }
  return finished;
}

function ofAnotherHome(path: string, home: string): KeywrightError {
  return new KeywrightError('already-exists', `a run that was killed left ${path} of the home ${home}`, {
    hint: `finish it with --home ${home}, or name another place`,
  });
}
