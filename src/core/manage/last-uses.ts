import { KeywrightError } from '../model/errors.js';
import type { LastUse } from '../model/last-use.js';
import type { Principal } from '../model/principal.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore, KeyUses } from '../ports/key-store.js';
import type { ClientWithCertificates } from './client-state.js';

export interface LastUsesOptions {
  readonly uses: KeyUses;
  readonly clock: Clock;
}

/** Collects the last uses of clients' credentials for the key store. */
export class LastUses {
  readonly #options: LastUsesOptions;
  #noted = new Map<Principal, LastUse>();

  constructor(options: LastUsesOptions) {
    this.#options = options;
  }

  /** Notes an accepted use of a client's own credential; what was made from one is not remembered. */
  note(principal: Principal, from: string): void {
    const { kind } = principal.credential;
    if (kind === 'access-token' || kind === 'session-cookie') return;
    // The time may be a second old: `handOver` runs about every second.
    if (this.#noted.get(principal)?.from === from) return;
    this.#noted.set(principal, { at: this.#options.clock.now(), from });
  }

  /** Passes the notes to the key store. Call it about every second. */
  handOver(): Promise<void> {
    const noted = this.#noted;
    this.#noted = new Map();
    return this.#options.uses.note(
      new Map([...noted].map(([{ id, credential }, use]) => [`${id}:${credential.id}`, use])),
    );
  }
}

export const NO_USES: ReadonlyMap<string, LastUse> = new Map();

/** The last uses of credentials, by `<client-id>:<credential-id>`. */
export type Uses = ReadonlyMap<string, LastUse>;

/** Fetches the recorded last uses of some credentials. */
export function lastUses({ uses }: Pick<KeyStore, 'uses'>, ids: readonly string[]): Promise<Uses> {
  return unlessDamaged(() => uses.of(ids));
}

/** Fetches the recorded last uses of all credentials of some clients. */
export function clientUses(
  keyStore: Pick<KeyStore, 'uses'>,
  clients: readonly Pick<ClientWithCertificates, 'client' | 'certificates'>[],
): Promise<Uses> {
  return lastUses(keyStore, clients.flatMap(useIds));
}

/** Fetches all recorded last uses. */
export function allLastUses({ uses }: Pick<KeyStore, 'uses'>): Promise<Uses> {
  return unlessDamaged(async () => {
    const all = new Map<string, LastUse>();
    for await (const part of uses.all()) for (const [id, use] of part) all.set(id, use);
    return all;
  });
}

/** Finds the last use of any of a client's credentials. */
export function latestUse(
  held: Pick<ClientWithCertificates, 'client' | 'certificates'>,
  uses: Uses,
): LastUse | undefined {
  let latest: LastUse | undefined;
  if (uses.size === 0) return latest;
  for (const id of useIds(held)) {
    const use = uses.get(id);
    if (use !== undefined && (latest === undefined || use.at > latest.at)) latest = use;
  }
  return latest;
}

function useIds({ client, certificates }: Pick<ClientWithCertificates, 'client' | 'certificates'>): string[] {
  const ids = [
    ...certificates.map(({ fingerprint }) => fingerprint),
    ...client.credentials.map(({ id }) => id),
  ];
  return ids.map((id) => `${client.id}:${id}`);
}

// Last uses decide nothing, so a damaged file must not stop the management of keys.
async function unlessDamaged(read: () => Promise<Uses>): Promise<Uses> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof KeywrightError && error.code === 'store-corrupt') return NO_USES;
    throw error;
  }
}
