import type { AskedLine } from '../bulk/issue-all.js';
import { type Row, readRows } from '../bulk/rows.js';
import type { AskedClient } from '../core/manage/issue-many.js';
import type { AskedValidity } from '../core/manage/validity.js';
import { parseLabel } from '../core/model/client.js';
import { parseClientId } from '../core/model/client-id.js';
import { KeywrightError } from '../core/model/errors.js';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../core/model/key-algorithm.js';
import { checkDuration } from '../core/model/time.js';
import { parseUserName } from '../core/model/user.js';

/** What the lines may leave out. */
export type Defaults = Omit<AskedClient, 'clientId'>;

interface Reading {
  readonly defaults: Defaults;
  parseScopes(scopes: readonly string[]): Promise<string[]>;
}

const COLUMNS = ['label', 'scopes', 'valid_for', 'algorithm', 'owner'];

/** Reads all lines that ask for clients, in their order. @throws KeywrightError `invalid-input` for the first line; `io` */
export async function readAskedLines(source: string, reading: Reading): Promise<AskedLine[]> {
  const lines: AskedLine[] = [];
  const firstLines = new Map<string, number>();
  for await (const rows of readRows(source, { columns: COLUMNS }))
    for (const row of rows) lines.push(await askedLine(row, reading, firstLines));
  return lines;
}

async function askedLine(
  { number, values }: Row,
  reading: Reading,
  firstLines: Map<string, number>,
): Promise<AskedLine> {
  if (values instanceof KeywrightError) return { number, id: undefined, asked: values };
  try {
    const asked = await askedClient(values, reading);
    const first = firstLines.get(asked.clientId);
    if (first !== undefined)
      throw new KeywrightError('already-exists', `line ${first} has the id ${asked.clientId} already`);
    firstLines.set(asked.clientId, number);
    return { number, id: asked.clientId, asked };
  } catch (error) {
    if (!(error instanceof KeywrightError)) throw error;
    return { number, id: values.id?.slice(0, 80), asked: error };
  }
}

async function askedClient(
  values: Readonly<Record<string, string>>,
  { defaults, parseScopes }: Reading,
): Promise<AskedClient> {
  const { id, label, scopes, valid_for: validFor, algorithm, owner } = values;
  if (id === undefined) throw new KeywrightError('invalid-input', 'the line has no id');
  return {
    ...defaults,
    clientId: parseClientId(id),
    ...(label !== undefined && { label: parseLabel(label) }),
    ...(scopes !== undefined && { scopes: await parseScopes(scopes.split(/\s+/)) }),
    ...(validFor !== undefined && { validity: validityFor(validFor, defaults.validity) }),
    ...(algorithm !== undefined && { algorithm: parseAlgorithm(algorithm) }),
    ...(owner !== undefined && { owner: parseUserName(owner) }),
  };
}

/** A line's own duration stands in place of any end. */
function validityFor(validFor: string, { notBefore }: AskedValidity): AskedValidity {
  return { ...(notBefore !== undefined && { notBefore }), validFor: checkDuration(validFor) };
}

function parseAlgorithm(text: string): KeyAlgorithm {
  const algorithm = KEY_ALGORITHMS.find((each) => each === text.toLowerCase());
  if (algorithm !== undefined) return algorithm;
  throw new KeywrightError('invalid-input', `there is no algorithm ${JSON.stringify(text.slice(0, 80))}`, {
    hint: `algorithms are ${KEY_ALGORITHMS.join(', ')}`,
  });
}
