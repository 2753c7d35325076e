// Writes the tables of settings into docs/configuration.md, so that they say what the program reads.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const bundled = await build({
  entryPoints: [fileURLToPath(new URL('../src/settings/table.ts', import.meta.url))],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
});
const source = Buffer.from(bundled.outputFiles[0].text).toString('base64');
const { SETTINGS, SECRETS, FOR_THE_HOME, FOR_SERVE } = await import(`data:text/javascript;base64,${source}`);

const cell = (text) => text.replaceAll('|', '\\|');
const variableOf = (name) => `KEYWRIGHT_${name.replaceAll('-', '_').toUpperCase()}`;
const variables = (rows) => [
  '| variable | |',
  '|---|---|',
  ...rows.map(([variable, { description }]) => `| \`${variable}\` | ${cell(description)} |`),
];
const settings = Object.entries(SETTINGS).map(
  ([name, { only, isList, description, otherwise = '', ...setting }]) => {
    const flag = only === undefined ? `\`--${name}\`` : '';
    const variable = `\`${variableOf(name)}\``;
    const who = name in FOR_SERVE ? '`serve`' : 'every command';
    const absent = setting.default === undefined ? otherwise : `\`${setting.default}\``;
    const cells = [`\`${name}\``, flag, variable, who, isList ? 'yes' : '', absent, cell(description)];
    return `| ${cells.join(' | ')} |`;
  },
);
const tables = {
  settings: [
    '| in `keywright.yaml` | flag | variable | for | list | default | |',
    '|---|---|---|---|---|---|---|',
    ...settings,
  ],
  home: variables(Object.entries(FOR_THE_HOME).map(([name, setting]) => [variableOf(name), setting])),
  secrets: variables(Object.entries(SECRETS)),
};

const page = new URL('../docs/configuration.md', import.meta.url);
let text = readFileSync(page, 'utf8');
for (const [name, lines] of Object.entries(tables)) {
  const [begin, end] = [`<!-- ${name}: made by npm run generate -->`, `<!-- end of ${name} -->`];
  const [before, rest] = [text.slice(0, text.indexOf(begin)), text.slice(text.indexOf(end))];
  if (!text.includes(begin) || !text.includes(end)) throw new Error(`${name} has no place in the page`);
  text = `${before}${begin}\n\n${lines.join('\n')}\n\n${rest}`;
}
writeFileSync(page, text);
