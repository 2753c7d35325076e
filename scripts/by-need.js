// What a command does not use costs it nothing: esbuild plugins by which modules are evaluated when they are first used.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const LIST = 'src/commands/index.ts';
const source = readFileSync(new URL(`../${LIST}`, import.meta.url), 'utf8');
const files = new Map(
  [...source.matchAll(/^import (\w+) from '\.\/(.+)\.js';$/gm)].map(([, name, file]) => [name, file]),
);
const commands = [...source.matchAll(/^ {2}'?([\w:-]+)'?: (\w+),$/gm)].map(([, id, name]) => ({
  id,
  file: files.get(name),
  entry: id.replaceAll(':', '-'),
}));
if (files.size === 0 || commands.length !== files.size)
  throw new Error(`${LIST} has another form than is read here`);

/** Entry points of the bundle, one for each command. */
export const COMMAND_ENTRIES = Object.fromEntries(
  commands.map(({ entry, file }) => [entry, `src/commands/${file}.ts`]),
);

export const COMMAND_IDS = commands.map(({ id }) => id);

/** The commands, each loaded when it is asked for, in place of the list that imports them all. */
export const commandsByNeed = {
  name: 'commands by need',
  setup({ onLoad, onResolve }) {
    const getters = commands.map(
      ({ id, entry }) => `get '${id}'() { return require('command:${entry}').default; },`,
    );
    onLoad({ filter: /\/src\/commands\/index\.ts$/ }, () => ({
      contents: `export const COMMANDS = {${getters.join('\n')}};`,
      loader: 'ts',
    }));
    onResolve({ filter: /^command:/ }, ({ path }) => ({
      path: `./${path.slice('command:'.length)}.js`,
      external: true,
    }));
  },
};

/** What is replaced in oclif, by file, so that it spares what no command needs. */
const REPLACED = {
  // bin/run.js has looked at Node's version.
  'index.js': [['\ncheckNodeVersion();', '']],
  // ids are ASCII; to compare them as a person would starts ICU's collator.
  'config/plugin.js': [['a.id.localeCompare(b.id)', 'a.id < b.id ? -1 : 1']],
  // console formats once more, and takes a while to be made.
  'ux/write.js': [
    [
      'console.log((0, node_util_1.format)(str, ...args));',
      "process.stdout.write(args.length > 0 ? (0, node_util_1.format)(str, ...args) + '\\n' : str + '\\n');",
    ],
  ],
  // What it logs is seen only where DEBUG asks for it.
  'logger.js': [
    ['(0, debug_1.default)(namespace)', 'process.env.DEBUG ? (0, debug_1.default)(namespace) : () => {}'],
  ],
};

// What it uses where commands are found by a search, and where plugins are.
const LEFT_OUT = /^(semver|tinyglobby|minimatch|lilconfig)$/;

/** oclif's own parts, each loaded when it is used: it loads all of them for every command. */
export const oclifByNeed = {
  name: 'oclif by need',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /\/@oclif\/core\/lib\/.*\.js$/ }, async ({ path }) => {
      const file = path.replace(/^.*\/@oclif\/core\/lib\//, '');
      let source = await readFile(path, 'utf8');
      for (const [before, after] of REPLACED[file] ?? []) {
        if (!source.includes(before)) throw new Error(`${path} has no ${JSON.stringify(before)} any more`);
        source = source.replace(before, after);
      }
      return { contents: byNeed(source), loader: 'js' };
    });
    const path = fileURLToPath(new URL('instead/left-out.cjs', import.meta.url));
    onResolve({ filter: LEFT_OUT }, ({ importer }) =>
      /\/@oclif\/core\/lib\//.test(importer) ? { path } : undefined,
    );
  },
};

const LOADED = String.raw`(?:__import(?:Default|Star)\()?require\("[^"]+"\)\)?`;

// TypeScript's output: names for what is required, which are used with a dot, and exports of whole modules.
function byNeed(source) {
  const names = new Set();
  const declared = source
    .replace(new RegExp(`^(?:const|var) (\\w+_\\d+) = (${LOADED});$`, 'gm'), (_, name, loaded) => {
      names.add(name);
      return `let $${name}; const ${name} = () => ($${name} ??= ${loaded});`;
    })
    .replace(new RegExp(`^exports\\.(\\w+) = (${LOADED});$`, 'gm'), (_, name, loaded) => {
      const get = `function () { return ($${name} ??= ${loaded}); }`;
      return `let $${name}; Object.defineProperty(exports, "${name}", { enumerable: true, get: ${get} });`;
    });
  if (names.size === 0) return declared;
  return declared.replace(new RegExp(`\\b(${[...names].join('|')})(?=\\.)`, 'g'), '($1())');
}

/** node:fs/promises, evaluated by what it is needed for. */
export const filesByNeed = {
  name: 'files by need',
  setup({ onResolve }) {
    const path = fileURLToPath(new URL('instead/fs-promises.js', import.meta.url));
    onResolve({ filter: /^node:fs\/promises$/ }, ({ importer }) =>
      importer.includes('/src/') ? { path } : undefined,
    );
  },
};
