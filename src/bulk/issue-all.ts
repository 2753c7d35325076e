import {
  type AskedClient,
  alreadyThere,
  clientPlanner,
  type MadeClient,
  type PlannedClient,
  registerMany,
} from '../core/manage/issue-many.js';
import type { Managing } from '../core/manage/management.js';
import { isAboutOne } from '../core/manage/together.js';
import { liveClient } from '../core/model/client.js';
import { KeywrightError } from '../core/model/errors.js';
import type { PackedBundle, Packs } from './packs.js';
import type { Places } from './places.js';
import { Ready } from './ready.js';
import type { Bundled } from './task.js';
import type { Workers } from './workers.js';

/** A line that asks for a client, or the error that it cannot be read for. */
export interface AskedLine {
  readonly number: number;
  /** The client's id as far as it is known. */
  readonly id: string | undefined;
  readonly asked: AskedClient | KeywrightError;
}

/** What came of a line. */
export type LineResult = { readonly line: number; readonly id: string | undefined } & (
  | { readonly status: 'issued'; readonly bundle: IssuedBundle }
  | { readonly status: 'skipped' }
  | { readonly status: 'failed'; readonly error: unknown }
);

/** A bundle without its texts. */
export type IssuedBundle = Omit<PackedBundle, 'certificate' | 'privateKey' | 'token'>;

export interface IssueAllOptions {
  readonly services: Managing<'authority' | 'licence'>;
  readonly workers: Workers;
  /** How many threads there are. */
  readonly concurrency: number;
  readonly packs: Packs;
  readonly places: Places;
  readonly skipExisting: boolean;
  /** Ends the run where it is whole. */
  readonly stop: AbortSignal;
  /** The bundles that a killed run had registered, which are handed over now. */
  readonly finished: ReadonlyMap<string, IssuedBundle>;
  report(result: LineResult): void;
}

interface Planned extends PlannedClient {
  readonly line: number;
}

interface Made extends MadeClient {
  readonly line: number;
  readonly bundle: PackedBundle;
}

// Each batch costs the disk the same few waits, however many are in it.
const BATCH = 1_024;
// So many go to a thread at once; of RSA keys, each of which takes long, one.
const CHUNK = 16;

/**
 * Issues the clients of many lines. Keys are made by threads while those that are ready are registered together. What a line
 * cannot be done for is reported, and the others go on.
 * @throws KeywrightError any error that is not about one line. The next run finishes what is registered and was not reported
 */
export async function issueAll(options: IssueAllOptions, lines: readonly AskedLine[]): Promise<void> {
  const ready = new Ready<Made>(BATCH);
  const making = makeAll(options, lines, ready).then(
    () => ready.end(),
    (error) => ready.end({ error }),
  );
  try {
    await registerAll(options, ready);
  } finally {
    ready.end();
    await making;
  }
}

async function makeAll(
  options: IssueAllOptions,
  lines: readonly AskedLine[],
  ready: Ready<Made>,
): Promise<void> {
  const { services, stop, concurrency } = options;
  const plan = clientPlanner(services);
  const making = new Set<Promise<void>>();
  let chunk: Planned[] = [];
  const submit = async () => {
    const made: Promise<void> = makeSome(options, chunk, ready).finally(() => making.delete(made));
    making.add(made);
    chunk = [];
    if (making.size >= 2 * concurrency) await Promise.race(making);
    await ready.room();
  };
  try {
    for (const part of inParts(options, lines)) {
      const ids = part.flatMap(({ asked }) => (asked instanceof KeywrightError ? [] : [asked.clientId]));
      const existing = (await services.keyStore.clients.ofIds(ids)).filter((each) => liveClient(each));
      const existingIds = new Set(existing.map(({ id }) => id));
      for (const line of part) {
        if (stop.aborted || ready.isEnded) return;
        const planned = await planLine(options, line, { plan, existingIds });
        if (planned === undefined) continue;
        chunk.push({ ...planned, line: line.number });
        if (chunk.length >= CHUNK || planned.algorithm.startsWith('rsa')) await submit();
      }
    }
    if (chunk.length > 0) await submit();
  } finally {
    // Nothing is made, or reported, once whoever started this is told that it is over.
    await Promise.all(making);
  }
}

/** The lines by the parts of the store that their clients are in: a change of few parts takes less time. */
function inParts({ services }: IssueAllOptions, lines: readonly AskedLine[]): AskedLine[][] {
  const parts = new Map<string, AskedLine[]>();
  for (const line of lines) {
    const name =
      line.asked instanceof KeywrightError ? '' : services.keyStore.clients.partOf(line.asked.clientId);
    const part = parts.get(name);
    if (part === undefined) parts.set(name, [line]);
    else part.push(line);
  }
  return [...parts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, part]) => part);
}

interface Planning {
  readonly plan: (asked: AskedClient) => Promise<PlannedClient>;
  readonly existingIds: ReadonlySet<string>;
}

/** @returns undefined if nothing is to be made for the line, which is reported */
async function planLine(
  { finished, places, skipExisting, report }: IssueAllOptions,
  { number: line, id, asked }: AskedLine,
  { plan, existingIds }: Planning,
): Promise<PlannedClient | undefined> {
  try {
    if (asked instanceof KeywrightError) throw asked;
    const { clientId } = asked;
    const bundle = finished.get(clientId);
    if (bundle !== undefined) report({ line, id, status: 'issued', bundle });
    else if (existingIds.has(clientId) && skipExisting) report({ line, id, status: 'skipped' });
    else {
      if (existingIds.has(clientId)) throw alreadyThere(clientId);
      places.requireFree(clientId);
      return await plan(asked);
    }
  } catch (error) {
    if (!isAboutOne(error)) throw error;
    report({ line, id, status: 'failed', error });
  }
  return undefined;
}

async function makeSome(
  { workers, report }: IssueAllOptions,
  planned: readonly Planned[],
  ready: Ready<Made>,
): Promise<void> {
  const made = await workers.make(
    planned.map(({ clientId, algorithm, terms: { validity } }) => {
      const { notBefore, notAfter } = validity;
      return { clientId, algorithm, notBefore, notAfter };
    }),
  );
  ready.add(
    planned.flatMap((each, index) => {
      const bundled = made[index];
      if (bundled !== undefined && !(bundled instanceof Error)) return [madeOf(each, bundled)];
      report({ line: each.line, id: each.clientId, status: 'failed', error: bundled });
      return [];
    }),
  );
}

function madeOf(planned: Planned, bundled: Bundled): Made {
  const { certificate, privateKey, token, serial, fingerprint, publicKey, tokenId } = bundled;
  const bundle = {
    ...{ id: planned.clientId, serial, fingerprint, ...planned.terms.validity },
    ...{ certificate, privateKey, token },
  };
  return { ...planned, serial, fingerprint, publicKey, tokenId, bundle };
}

/** Registers what is ready, batch after batch. While one is handed over, the next is registered. */
async function registerAll(options: IssueAllOptions, ready: Ready<Made>): Promise<void> {
  let handingOver = Promise.resolve();
  for (;;) {
    const batch = await ready.take();
    if (batch.length === 0 || options.stop.aborted) break;
    const registered = await registerBatch(options, batch);
    await handingOver;
    handingOver = handOver(options, registered);
    // It is waited for below.
    handingOver.catch(() => undefined);
  }
  await handingOver;
}

interface Registered {
  readonly path: string;
  readonly made: readonly Made[];
}

async function registerBatch(options: IssueAllOptions, batch: readonly Made[]): Promise<Registered> {
  const { services, packs, skipExisting, report } = options;
  const { path } = await packs.add(batch.map(({ bundle }) => bundle));
  const outcomes = await registerMany(services, batch);
  const made = batch.filter((each, index) => {
    const outcome = outcomes[index];
    if (outcome === undefined || !('error' in outcome)) return outcome !== undefined;
    const { error } = outcome;
    const [line, id] = [each.line, each.clientId];
    if (skipExisting && error.code === 'already-exists') report({ line, id, status: 'skipped' });
    else report({ line, id, status: 'failed', error });
    return false;
  });
  return { path, made };
}

async function handOver(
  { places, packs, report }: IssueAllOptions,
  { path, made }: Registered,
): Promise<void> {
  const pack = { path, bundles: made.map(({ bundle }) => bundle) };
  if (await places.place(pack, { isAgain: false })) await packs.remove(pack);
  for (const { line, clientId, bundle } of made)
    report({ line, id: clientId, status: 'issued', bundle: withoutTexts(bundle) });
}

/** What may be kept of a bundle, and told. */
export function withoutTexts({
  certificate: _,
  privateKey: __,
  token: ___,
  ...bundle
}: PackedBundle): IssuedBundle {
  return bundle;
}
