import type { HeldCertificate } from '../model/certificate.js';
import { apiKeysOf, type Client, liveClient } from '../model/client.js';
import type { LastUse } from '../model/last-use.js';
import { CREDENTIAL_STATES, type CredentialRecord, stateOf, termsOf } from '../model/terms.js';
import type { Moment, Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import type { KeyUses } from '../ports/key-store.js';
import { type Actor, isTheirs } from './actor.js';
import { CLIENT_STATES, clientStanding } from './client-state.js';
import { inPieces } from './in-pieces.js';

const DAY_MS = 86_400_000;
const DAYS = 90;
/** The spans, in days, in which ends are counted together. */
const SPANS = [7, 30, 90] as const;

const KINDS = ['clients', 'apiKeys', 'certificates'] as const;

type Kind = (typeof KINDS)[number];
type Counts = Record<Kind, number>;

/** Things by their states. */
interface StateCounts {
  total: number;
  readonly byState: Record<string, number>;
}

/** What there is, by state, and what of it ends soon. What holds now alone has an end to wait for. */
export interface Overview extends Record<Kind, StateCounts> {
  readonly ends: {
    /** The days, in UTC, on which something ends; the earliest first. */
    readonly days: readonly ({ readonly date: string } & Counts)[];
    readonly within: Readonly<Record<(typeof SPANS)[number], Counts>>;
  };
  /** The API keys that hold and were never used, or not for 90 days. */
  readonly unused: { readonly never: number; readonly long: number };
}

/** The records in memory that are counted, and how others get their turn meanwhile. */
export interface Counted {
  readonly actor: Actor;
  readonly clients: Iterable<Client>;
  certificatesOf(clientId: string): readonly HeldCertificate[];
  userById(id: string): User | undefined;
  readonly uses: Pick<KeyUses, 'all'>;
  readonly moment: Moment;
  /** Resolves after other work had its turn. */
  breathe(): Promise<void>;
}

/** Counts what the actor may see, in pieces of a few milliseconds. */
export async function countOverview(counted: Counted): Promise<Overview> {
  const { actor, clients, certificatesOf, userById, moment, breathe } = counted;
  const { now } = moment;
  const used = await lastUsesOf(counted);
  const tally = new Tally(now);
  const unused = { never: 0, long: 0 };
  const pause = inPieces(breathe);
  for (const record of clients) {
    const paused = pause();
    if (paused !== undefined) await paused;
    const client = liveClient(record);
    if (client === undefined || !isTheirs(actor, client)) continue;
    const certificates = certificatesOf(client.id);
    const owner = client.owner === null ? undefined : userById(client.owner);
    const standing = (record: CredentialRecord) => {
      const terms = termsOf({ client, owner }, record);
      return { state: stateOf(terms, moment), expiresAt: terms.expiresAt };
    };
    tally.add('clients', clientStanding({ client, certificates, owner }, moment));
    for (const certificate of certificates) tally.add('certificates', standing(certificate));
    for (const key of apiKeysOf(client)) {
      const { state, expiresAt } = standing(key);
      tally.add('apiKeys', { state, expiresAt });
      if (state !== 'valid') continue;
      const at = used.get(`${client.id}:${key.id}`)?.at;
      if (at === undefined) unused.never += 1;
      else if (at < now - DAYS * DAY_MS) unused.long += 1;
    }
  }
  return { ...tally.counts, ends: tally.ends(), unused };
}

async function lastUsesOf({ uses, breathe }: Counted): Promise<ReadonlyMap<string, LastUse>> {
  const all = new Map<string, LastUse>();
  for await (const part of uses.all()) {
    for (const [id, use] of part) all.set(id, use);
    await breathe();
  }
  return all;
}

class Tally {
  readonly #now: Timestamp;
  readonly #days = new Map<string, Counts>();
  readonly #within = { 7: none(), 30: none(), 90: none() };
  readonly counts: Record<Kind, StateCounts> = {
    clients: noneOf(CLIENT_STATES),
    apiKeys: noneOf(CREDENTIAL_STATES),
    certificates: noneOf(CREDENTIAL_STATES),
  };

  constructor(now: Timestamp) {
    this.#now = now;
  }

  add(kind: Kind, { state, expiresAt }: { readonly state: string; readonly expiresAt: Timestamp }): void {
    const counts = this.counts[kind];
    counts.total += 1;
    counts.byState[state] = (counts.byState[state] ?? 0) + 1;
    const days = (expiresAt - this.#now) / DAY_MS;
    if (state !== 'valid' || days > DAYS) return;
    for (const span of SPANS) if (days <= span) this.#within[span][kind] += 1;
    const date = new Date(expiresAt).toISOString().slice(0, 10);
    const onDay = this.#days.get(date) ?? none();
    onDay[kind] += 1;
    this.#days.set(date, onDay);
  }

  ends(): Overview['ends'] {
    const days = [...this.#days].sort(([one], [other]) => (one < other ? -1 : 1));
    return { days: days.map(([date, counts]) => ({ date, ...counts })), within: this.#within };
  }
}

function none(): Counts {
  return { clients: 0, apiKeys: 0, certificates: 0 };
}

function noneOf(states: readonly string[]): StateCounts {
  return { total: 0, byState: Object.fromEntries(states.map((state) => [state, 0])) };
}
