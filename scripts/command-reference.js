// Writes docs/commands.md from oclif.manifest.json, so that the reference says what the program does.
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const { commands } = JSON.parse(readFileSync(new URL('oclif.manifest.json', root), 'utf8'));
const inline = (text) =>
  text.replaceAll('<%= config.bin %>', 'keywright').replaceAll('<%= command.id %>', '');
// An indented line of help is an entry of a list.
const paragraphs = (text) => inline(text).replace(/^ +(\S+) {2,}/gm, '- $1: ');

const sections = Object.values(commands)
  .filter((command) => !command.hidden)
  .sort((one, other) => one.id.localeCompare(other.id))
  .map((command) => {
    const name = `keywright ${command.id.replaceAll(':', ' ')}`;
    const args = Object.values(command.args).map((arg) =>
      arg.required ? ` ${arg.name.toUpperCase()}` : ` [${arg.name}]`,
    );
    const needed = Object.values(command.flags)
      .filter(({ required }) => required)
      .map(({ name, helpValue }) => ` --${name} ${helpValue}`);
    const flags = Object.values(command.flags).map((flag) => {
      const value =
        flag.type === 'boolean' ? '' : ` ${flag.helpValue ?? (flag.options ?? ['VALUE']).join('|')}`;
      const char = flag.char ? `\`-${flag.char}\`, ` : '';
      const unsaid = flag.default !== undefined && !flag.description?.includes('[default');
      const end = unsaid ? ` [default: ${flag.default}]` : '';
      return `| ${char}\`--${flag.name}${value.replaceAll('|', '\\|')}\` | ${inline(flag.description ?? '')}${end} |`;
    });
    return [
      `## ${name}`,
      '',
      inline(command.summary ?? ''),
      ...(command.description ? ['', paragraphs(command.description)] : []),
      '',
      '```sh',
      `${name}${args.join('')}${needed.join('')} [flags]`,
      '```',
      ...(Object.values(command.args).length > 0
        ? [
            '',
            '| argument | |',
            '|---|---|',
            ...Object.values(command.args).map((arg) => `| \`${arg.name}\` | ${arg.description} |`),
          ]
        : []),
      '',
      '| flag | |',
      '|---|---|',
      ...flags,
      ...(command.aliases?.filter((alias) => !command.hiddenAliases?.includes(alias)).length
        ? [
            '',
            `Also: ${command.aliases
              .filter((alias) => !command.hiddenAliases?.includes(alias))
              .map((alias) => `\`keywright ${alias.replaceAll(':', ' ')}\``)
              .join(', ')}`,
          ]
        : []),
      '',
      '```sh',
      ...(command.examples ?? []).map(inline),
      '```',
      '',
    ].join('\n');
  });

writeFileSync(
  new URL('docs/commands.md', root),
  `# Commands\n\nMade from the program by \`npm run generate\`; do not edit.\n\n${sections.join('\n')}`,
);
