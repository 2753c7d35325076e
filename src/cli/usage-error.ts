import { readCredential } from '../core/model/presented-credential.js';
import { nearest } from './command-line.js';

/** The commands by their ids, as far as a command line is compared with them. */
export type Commands = Readonly<Record<string, CommandWords>>;

interface CommandWords {
  readonly aliases?: readonly string[];
  readonly hiddenAliases?: readonly string[];
  readonly flags?: object;
  readonly baseFlags?: object;
}

/** What is wrong with a command line, and what helps. */
export interface UsageProblem {
  readonly message: string;
  readonly hint: string;
}

/** Says in keywright's words what oclif found wrong with a command line. */
export function usageProblem(error: Error, argv: readonly string[], commands: Commands): UsageProblem {
  // oclif's note about flags with several values is wrong for flags that take one value at a time.
  const [said = ''] = error.message.split(/\n+(?:Note:|See more help with --help)/);
  const id = commandOf(argv, commands);
  const name = id.replaceAll(':', ' ');
  if (/^command \S+ not found\.?$/i.test(said)) return noSuchCommand(argv, name, commands);
  const needed = neededArguments(error);
  if (needed !== undefined) return { message: `${name} needs ${needed}`, hint: helpOf(name) };
  const say = (text: string) => inOurWords(text, takesPassword(commands[id]) ? () => undefined : shownWord);
  const message = say(said) ?? said.split('\n').map(say).filter(Boolean).join('; ');
  const unknown = /^there is no flag --(\S+)$/.exec(message)?.[1];
  const meant = unknown && nearest(unknown, flagsOf(commands));
  // Another command has that very flag.
  const isElsewhere = meant === unknown;
  return {
    message: message || said,
    hint: meant && !isElsewhere ? `did you mean: --${meant}` : helpOf(name),
  };
}

/** @param name the command that the line begins with, if there is one: words too many seem to be of its name to oclif */
function noSuchCommand(argv: readonly string[], name: string, commands: Commands): UsageProblem {
  if (name !== '') return { message: `${name} takes no argument`, hint: helpOf(name) };
  const words = wordsOf(argv);
  const meant = nearest(
    words.join(' '),
    Object.keys(commands).map((each) => each.replaceAll(':', ' ')),
  );
  return {
    message: `there is no command ${JSON.stringify(words.map((word) => shownWord(word) ?? '…').join(' '))}`,
    hint: meant === undefined ? helpOf('') : `did you mean: keywright ${meant}`,
  };
}

function helpOf(name: string): string {
  return `see: keywright ${name === '' ? '' : `${name} `}--help`;
}

/** The id of the command that the command line begins with, by its own words or by an alias. */
function commandOf(argv: readonly string[], commands: Commands): string {
  const words = wordsOf(argv);
  const beginnings = words.map((_, index) => words.slice(0, index + 1).join(':'));
  const begun = beginnings.map((beginning) => idOf(beginning, commands));
  return begun.findLast((id) => id !== undefined) ?? '';
}

function idOf(words: string, commands: Commands): string | undefined {
  if (Object.hasOwn(commands, words)) return words;
  const found = Object.entries(commands).find(([, { aliases = [], hiddenAliases = [] }]) =>
    [...aliases, ...hiddenAliases].includes(words),
  );
  return found?.[0];
}

function wordsOf(argv: readonly string[]): readonly string[] {
  const firstFlag = argv.findIndex((word) => word.startsWith('-'));
  return firstFlag < 0 ? argv : argv.slice(0, firstFlag);
}

function takesPassword(command: CommandWords | undefined): boolean {
  return Object.hasOwn({ ...command?.flags }, 'password-stdin');
}

/** A word as an error may repeat it; undefined for what somebody takes for the place of a secret. */
function shownWord(word: string): string | undefined {
  return readCredential(word).kind === 'unknown' ? word : undefined;
}

/** All flags there are: the command's own may be far from what was typed. */
function flagsOf(commands: Commands): Set<string> {
  return new Set(
    Object.values(commands).flatMap(({ flags, baseFlags }) => Object.keys({ ...flags, ...baseFlags })),
  );
}

/** The arguments that are missing, which oclif's error carries as they are declared. */
function neededArguments(error: Error): string | undefined {
  if (!error.message.startsWith('Missing ') || !('args' in error) || !Array.isArray(error.args))
    return undefined;
  return error.args
    .map(({ name, description }) => `${String(name).toUpperCase()}: ${description}`)
    .join('; and ');
}

const NAME = '(--[\\w-]+)';

/** Makes an argument as an error may repeat it; undefined if it may be a secret. */
type Shown = (word: string) => string | undefined;
type Say = (found: readonly [one: string, other: string, last: string], shown: Shown) => string;

const WORDS: readonly (readonly [RegExp, Say])[] = [
  // What was given to a flag that does not exist is not repeated.
  [/^Nonexistent flag: ([^=]+)/, ([flag]) => `there is no flag ${flag}`],
  [/^Nonexistent flags: (.+)$/s, ([flags]) => `there are no flags ${withoutValues(flags)}`],
  [
    /^Unexpected argument: (.+)$/s,
    ([word], shown) => `${quoted(shown(word)) ?? 'there'} is one argument too many`,
  ],
  [/^Unexpected arguments: /, () => 'there are too many arguments'],
  [
    new RegExp(`^Expected ${NAME}=(.*) to be one of: (.+)$`, 's'),
    // What somebody takes for the place of a password is not repeated.
    ([flag, given, options]) =>
      `${flag} takes ${orOf(options)}${flag.includes('password') ? '' : notGiven(given)}`,
  ],
  [
    new RegExp(`^Flag ${NAME} expects one of these values: (.+)$`),
    ([flag, options]) => `${flag} needs ${orOf(options)}`,
  ],
  [new RegExp(`^Flag ${NAME} expects a value$`), ([flag]) => `${flag} needs a value`],
  [new RegExp(`^Flag ${NAME} can only be specified once$`), ([flag]) => `${flag} may be given once only`],
  [/^Missing required flag ([\w-]+)$/, ([flag]) => `--${flag} is needed`],
  [
    new RegExp(`^${NAME}(?:=.*)? cannot also be provided when using ${NAME}$`, 's'),
    ([one, other]) => `${one} and ${other} exclude each other`,
  ],
  [
    new RegExp(`^All of the following must be provided when using ${NAME}: (.+)$`),
    ([flag, others]) => `${flag} needs ${others}`,
  ],
  [
    new RegExp(`^Parsing ${NAME}\\s+Expected an integer but received: (.*)$`, 's'),
    ([flag, given]) => `${flag} takes a whole number${notGiven(given)}`,
  ],
];

function inOurWords(said: string, shown: Shown): string | undefined {
  const text = said.trim();
  for (const [pattern, say] of WORDS) {
    const found = pattern.exec(text);
    if (found) return say([found[1] ?? '', found[2] ?? '', found[3] ?? ''], shown);
  }
  return undefined;
}

function withoutValues(flags: string): string {
  return flags
    .split(/, (?=-)/)
    .map((flag) => flag.split('=', 1)[0])
    .join(', ');
}

function quoted(word: string | undefined): string | undefined {
  return word === undefined ? undefined : JSON.stringify(word);
}

function notGiven(given: string): string {
  const word = quoted(shownWord(given));
  return word === undefined ? '' : `, not ${word}`;
}

function orOf(options: string): string {
  return options.replace(/, ([^,]+)$/, ' or $1');
}
