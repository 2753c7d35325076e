import { nearest } from './command-line.js';

/** The commands by their ids, as far as a command line is compared with them. */
export type Commands = Readonly<Record<string, { readonly flags?: object; readonly baseFlags?: object }>>;

/** What is wrong with a command line, and what helps. */
export interface UsageProblem {
  readonly message: string;
  readonly hint: string;
}

/** Says in keywright's words what oclif found wrong with a command line. */
export function usageProblem(error: Error, argv: readonly string[], commands: Commands): UsageProblem {
  // oclif's note about flags with several values is wrong for flags that take one value at a time.
  const [said = ''] = error.message.split(/\n+(?:Note:|See more help with --help)/);
  const missing = /^command (\S+) not found\.?$/i.exec(said)?.[1];
  if (missing !== undefined) return noSuchCommand(missing, commands);
  const id = commandOf(argv, commands);
  const name = id.replaceAll(':', ' ');
  const needed = neededArguments(error);
  if (needed !== undefined) return { message: `${name} needs ${needed}`, hint: helpOf(name) };
  const message = inOurWords(said) ?? said.split('\n').map(inOurWords).filter(Boolean).join('; ');
  const unknown = /^there is no flag --(\S+)$/.exec(message)?.[1];
  const meant = unknown && nearest(unknown, flagsOf(commands));
  return { message: message || said, hint: meant ? `did you mean: --${meant}` : helpOf(name) };
}

function noSuchCommand(id: string, commands: Commands): UsageProblem {
  const typed = id.replaceAll(':', ' ');
  const meant = nearest(
    typed,
    Object.keys(commands).map((each) => each.replaceAll(':', ' ')),
  );
  return {
    message: `there is no command ${JSON.stringify(typed)}`,
    hint: meant === undefined ? helpOf('') : `did you mean: keywright ${meant}`,
  };
}

function helpOf(name: string): string {
  return `see: keywright ${name === '' ? '' : `${name} `}--help`;
}

/** The id of the command that the command line begins with. */
function commandOf(argv: readonly string[], commands: Commands): string {
  const words = argv.slice(0, 3).map((_, index) => argv.slice(0, index + 1).join(':'));
  return words.findLast((id) => Object.hasOwn(commands, id)) ?? '';
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

const WORDS: readonly (readonly [RegExp, (one: string, other: string, last: string) => string])[] = [
  [/^Nonexistent flag: (.+)$/s, (flag) => `there is no flag ${flag}`],
  [/^Nonexistent flags: (.+)$/s, (flags) => `there are no flags ${flags}`],
  [/^Unexpected argument: (.+)$/s, (word) => `${JSON.stringify(word)} is one argument too many`],
  [/^Unexpected arguments: (.+)$/s, (words) => `${JSON.stringify(words)} are too many arguments`],
  [
    new RegExp(`^Expected ${NAME}=(.*) to be one of: (.+)$`, 's'),
    // What somebody takes for the place of a password is not repeated.
    (flag, given, options) =>
      `${flag} takes ${orOf(options)}${flag.includes('password') ? '' : `, not ${JSON.stringify(given)}`}`,
  ],
  [
    new RegExp(`^Flag ${NAME} expects one of these values: (.+)$`),
    (flag, options) => `${flag} needs ${orOf(options)}`,
  ],
  [new RegExp(`^Flag ${NAME} expects a value$`), (flag) => `${flag} needs a value`],
  [new RegExp(`^Flag ${NAME} can only be specified once$`), (flag) => `${flag} may be given once only`],
  [/^Missing required flag ([\w-]+)$/, (flag) => `--${flag} is needed`],
  [
    new RegExp(`^${NAME}(?:=.*)? cannot also be provided when using ${NAME}$`, 's'),
    (one, other) => `${one} and ${other} exclude each other`,
  ],
  [
    new RegExp(`^All of the following must be provided when using ${NAME}: (.+)$`),
    (flag, others) => `${flag} needs ${others}`,
  ],
  [
    new RegExp(`^Parsing ${NAME}\\s+Expected an integer but received: (.*)$`, 's'),
    (flag, given) => `${flag} takes a whole number, not ${JSON.stringify(given)}`,
  ],
];

function inOurWords(said: string): string | undefined {
  const text = said.trim();
  for (const [pattern, say] of WORDS) {
    const found = pattern.exec(text);
    if (found) return say(found[1] ?? '', found[2] ?? '', found[3] ?? '');
  }
  return undefined;
}

function orOf(options: string): string {
  return options.replace(/, ([^,]+)$/, ' or $1');
}
