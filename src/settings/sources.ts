import { join } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import { readOptional } from '../disk/durable-file.js';
import { type Find, variableOf } from './setting.js';
import { SETTINGS } from './table.js';

/** The texts of one source: one text, or several for a list. */
export type GivenValues = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface SettingSources {
  /** Texts by the names of their flags, without leading dashes. */
  readonly flags?: GivenValues | undefined;
  readonly environment: GivenValues;
  readonly home: string;
}

/**
 * Opens the sources of settings: flags before variables before `keywright.yaml` before defaults.
 * @throws KeywrightError `invalid-input` if the file is malformed, or has an unknown setting
 */
export async function openSources({ flags = {}, environment, home }: SettingSources): Promise<Find> {
  const path = join(home, 'keywright.yaml');
  const file = await readConfiguration(path);
  return (name, setting) => {
    const { only, isList, default: preset } = setting;
    const variable = variableOf(name, setting);
    const inEnvironment = text(environment[variable]);
    const places = [
      { from: `--${name}`, texts: only === undefined ? flags[name] : undefined },
      { from: variable, texts: isList ? inEnvironment?.split(',') : inEnvironment },
      { from: 'keywright.yaml', source: `${name} in ${path}`, texts: file[name] },
      { from: 'default', source: name, texts: preset },
    ];
    for (const { from, source = from, texts } of places)
      if (texts !== undefined) return { source, from, texts: [texts].flat() };
    return undefined;
  };
}

/** Reads a variable's text. A variable is never a list. */
export function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

async function readConfiguration(path: string): Promise<GivenValues> {
  const content = await readOptional(path);
  const parsed = content === undefined ? undefined : await parseYaml(content, path);
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new KeywrightError('invalid-input', `${path} is not a list of settings`, {
      hint: 'write lines like "http: …"',
    });
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => [name, textsOf(name, value, path)]),
  );
}

async function parseYaml(content: string, path: string): Promise<unknown> {
  // A CommonJS module in a bundle of chunks has no other exports.
  const { default: yaml } = await import('yaml');
  try {
    return yaml.parse(content, { logLevel: 'error' });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : '';
    throw new KeywrightError('invalid-input', `${path} is not YAML: ${reason}`, { cause: error });
  }
}

function textsOf(name: string, value: unknown, path: string): string | string[] {
  if (!Object.hasOwn(SETTINGS, name)) {
    throw new KeywrightError('invalid-input', `${path} has an unknown setting ${JSON.stringify(name)}`, {
      hint: `settings are ${Object.keys(SETTINGS).join(', ')}`,
    });
  }
  const isScalar = (part: unknown) => ['string', 'number', 'boolean'].includes(typeof part);
  if (Array.isArray(value) && value.every(isScalar)) return value.map(String);
  if (!isScalar(value)) throw new KeywrightError('invalid-input', `${name} in ${path} takes a plain value`);
  return String(value);
}
