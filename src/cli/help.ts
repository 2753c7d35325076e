import { type Command, type Interfaces, Help as OclifHelp } from '@oclif/core';
import { described, indented, shellLines, wrapped } from './help-text.js';
import { tableWidth } from './table.js';

type Section = readonly [head: string, body: string];

/** The help of commands, topics and the program. oclif finds out what is asked about. */
export class Help extends OclifHelp {
  readonly #width = Math.min(Math.max(tableWidth(), 40), 120, process.stdout.isTTY ? 120 : 80);

  override async showRootHelp(): Promise<void> {
    const isTop = (id: string) => !id.includes(':');
    this.#show(this.config.pjson.description ?? '', [
      ['VERSION', this.config.userAgent],
      ['USAGE', '$ keywright COMMAND [flags]\n$ keywright COMMAND --help'],
      ['TOPICS', this.#topics(isTop)],
      ['COMMANDS', this.#commands(isTop)],
    ]);
  }

  override async showTopicHelp({ name, description = '' }: Interfaces.Topic): Promise<void> {
    const isBelow = (id: string) => id.startsWith(`${name}:`) && !id.slice(name.length + 1).includes(':');
    const [summary = '', ...more] = description.split('\n');
    this.#show(summary, [
      ['USAGE', `$ keywright ${spaced(name)} COMMAND [flags]`],
      ['DESCRIPTION', this.#text(more.join('\n'))],
      ['TOPICS', this.#topics(isBelow)],
      ['COMMANDS', this.#commands(isBelow)],
    ]);
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    const { id, args, flags, summary = '', description = '', aliases = [], examples = [] } = command;
    const shown = Object.entries(flags)
      .map(([name, flag]) => ({ ...flag, name }))
      .filter(({ hidden }) => !hidden)
      .sort((one, other) => sortKey(one).localeCompare(sortKey(other)));
    const [own, global] = [
      shown.filter(({ helpGroup }) => helpGroup === undefined),
      shown.filter(({ helpGroup }) => helpGroup !== undefined),
    ];
    const words = [
      ...Object.values(args).map((arg) => argumentLabel(arg)),
      ...own
        .filter(({ required }) => required)
        .map((flag) =>
          flagLabel(flag)
            .trim()
            .replace(/^-\w, /, ''),
        ),
    ];
    this.#show(this.render(summary), [
      ['USAGE', shellLines(`$ keywright ${[spaced(id), ...words, '[flags]'].join(' ')}`, this.#width - 2)],
      [
        'ARGUMENTS',
        this.#list(Object.values(args).map((arg) => [argumentLabel(arg), arg.description ?? ''])),
      ],
      ['FLAGS', this.#flags(own)],
      ['GLOBAL FLAGS', this.#flags(global)],
      ['DESCRIPTION', this.#text(description)],
      [
        'ALIASES',
        aliases
          .filter((alias) => alias !== id)
          .map((alias) => `$ keywright ${spaced(alias)}`)
          .join('\n'),
      ],
      ['EXAMPLES', examples.map((example) => this.#example(example)).join('\n\n')],
    ]);
  }

  #show(summary: string, sections: readonly Section[]): void {
    const parts = sections
      .filter(([, body]) => body !== '')
      .map(([head, body]) => `${head}\n${indented(body)}`);
    this.log([wrapped(summary, this.#width), ...parts].join('\n\n'));
  }

  #text(text: string): string {
    return wrapped(this.render(text), this.#width - 2);
  }

  #list(pairs: readonly Section[]): string {
    if (pairs.length === 0) return '';
    return described(
      pairs.map(([name, about]) => [name, this.render(about)]),
      this.#width - 2,
    );
  }

  #topics(isWanted: (id: string) => boolean): string {
    const topics = this.sortedTopics.filter(({ name }) => isWanted(name));
    return this.#list(
      topics.map(({ name, description = '' }) => [spaced(name), description.split('\n')[0] ?? '']),
    );
  }

  /** Lists commands by their own names alone. */
  #commands(isWanted: (id: string) => boolean): string {
    const commands = this.sortedCommands.filter(({ id, aliases }) => isWanted(id) && !aliases.includes(id));
    return this.#list(commands.map(({ id, summary = '' }) => [spaced(id), summary]));
  }

  #flags(flags: readonly Command.Flag.Any[]): string {
    const hasChar = flags.some(({ char }) => char !== undefined);
    return this.#list(
      flags.map((flag) => {
        const label = flagLabel(flag);
        return [hasChar ? label : label.trimStart(), aboutFlag(flag)];
      }),
    );
  }

  #example(example: Command.Example): string {
    const text = this.render(typeof example === 'string' ? example : example.command);
    return shellLines(`$ ${text}`, this.#width - 2);
  }
}

function spaced(id: string): string {
  return id.replaceAll(':', ' ');
}

function sortKey({ name, char }: Command.Flag.Any): string {
  return char === undefined ? `2${name}` : `1${char}`;
}

function argumentLabel({ name, required }: { readonly name: string; readonly required?: boolean }): string {
  return required ? name.toUpperCase() : `[${name}]`;
}

function flagLabel(flag: Command.Flag.Any): string {
  const name = `${flag.char === undefined ? '    ' : `-${flag.char}, `}--${flag.name}`;
  if (flag.type === 'boolean') return name;
  return `${name} ${flag.helpValue ?? flag.options?.join('|') ?? 'VALUE'}`;
}

function aboutFlag({ description = '', required, ...flag }: Command.Flag.Any): string {
  const preset = flag.type === 'option' && !description.includes('[default') ? flag.default : undefined;
  return [description, preset === undefined ? '' : `[default: ${preset}]`, required ? '(required)' : '']
    .filter((part) => part !== '')
    .join(' ');
}
